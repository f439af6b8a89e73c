import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { forgetProcesses, writeDevelopmentFile, type DevelopmentFile } from './developmentClients'

/** Scripts wait for dev.json, and read from it which hub runs. */
describe('dev.json of an earlier start', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'rosterhub-dev-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const file = path.join(folder, 'dev.json')

  it('keeps its credentials while the next one starts, but names no process', () => {
    const client = { clientId: 'c', clientSecret: 's', apiKey: 'k' }
    const content: DevelopmentFile = {
      ...{ restUrl: 'http://127.0.0.1:1', graphqlUrl: 'http://127.0.0.1:2', tokenUrl: 'http://127.0.0.1:1' },
      ...{ tenant: 'sample', vendor: client, demographicsVendor: client, admin: client, pids: [1, 2] },
    }
    writeDevelopmentFile(file, content)
    forgetProcesses(file)
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ ...content, pids: [] })
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  it('is not made when there was none', () => {
    forgetProcesses(path.join(folder, 'none.json'))
    expect(existsSync(path.join(folder, 'none.json'))).toBe(false)
  })
})
