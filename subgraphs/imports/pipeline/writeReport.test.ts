import type { Issue } from './issues'
import { causesFirst } from './writeReport'

describe('the order of a report', () => {
  const issue = (rest: Partial<Issue>): Issue => ({
    ...{ code: 'reference.notFound', severity: 'error', file: 'enrollments.csv', line: 7, parameters: {} },
    ...rest,
  })

  test('is from left to right within a line, then by what is told, however the issues come', () => {
    const ordered = [
      issue({}),
      issue({ column: 'classSourcedId' }),
      issue({ column: 'userSourcedId', parameters: { target: 'classes.csv' } }),
      issue({ column: 'userSourcedId', parameters: { target: 'users.csv' } }),
      issue({ column: 'endDate' }),
      issue({ column: 'metadata.a' }),
      issue({ column: 'metadata.b' }),
      issue({ line: 8, column: 'classSourcedId' }),
      issue({ file: 'categories.csv', code: 'manifest.notHeld', severity: 'warning' }),
      issue({ file: 'results.csv', code: 'manifest.notHeld', severity: 'warning' }),
    ]
    for (let by = 0; by < ordered.length; by++) {
      const turned = [...ordered.slice(by), ...ordered.slice(0, by)]
      expect(causesFirst(turned, [])).toEqual(ordered)
      expect(causesFirst(turned.reverse(), [])).toEqual(ordered)
    }
  })
})
