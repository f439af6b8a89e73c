import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { attackFileVariable, attackLine, totalAttacks } from './attackTotals'

describe('the closing line of a test run', () => {
  const before = process.env[attackFileVariable]
  afterEach(() => void (process.env[attackFileVariable] = before))

  it('adds up what every suite has counted, also what was let through', () => {
    process.env[attackFileVariable] = join(mkdtempSync(join(tmpdir(), 'attacks-')), 'counts')
    expect(attackLine()).toBeUndefined()
    totalAttacks({ tried: 12_000, letThrough: 0 })
    totalAttacks({ tried: 345, letThrough: 1 })
    totalAttacks({ tried: 1, letThrough: 0 })
    expect(attackLine()).toBe('attacks tried: 12346, let through: 1')
  })
})
