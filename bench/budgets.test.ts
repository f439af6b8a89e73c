import { isRatioOver, judge } from './budgets'
import { against } from './figures'
import { percentile } from './statistics'

const page = { id: 'read.page10000.oneMachine', what: 'page', students: 200_000 }

it('turns rates round, so that above 1 is slower for all figures', () => {
  expect(against(100, { ...page, unit: 'ms', measured: 150 }).ratio).toBe(1.5)
  expect(against(900, { ...page, unit: 'req/s', measured: 300 }).ratio).toBe(3)
})

it('holds ratios against budgets, and only ratios decide', () => {
  const slow = against(100, { ...page, unit: 'ms', measured: 201 })
  expect([judge(slow).verdict, isRatioOver(slow)]).toEqual(['over', true])
  const good = against(100, { ...page, unit: 'ms', measured: 200 })
  expect([judge(good).verdict, isRatioOver(good)]).toEqual(['ok', false])
  const memory = { id: 'write.workerMemory', what: 'memory', students: 20_000, unit: 'MB' as const, measured: 301 }
  expect([judge(memory).verdict, isRatioOver(memory)]).toEqual(['over', false])
})

it('asks for the seconds of an import only where the district is large', () => {
  const seconds = { id: 'write.first.seconds', what: 'import', unit: 's' as const, measured: 91 }
  expect(judge({ ...seconds, students: 20_000 }).verdict).toBe('')
  expect(judge({ ...seconds, students: 200_000 }).verdict).toBe('over')
})

it('interpolates percentiles', () => {
  expect(percentile([4, 1, 3, 2], 0.5)).toBe(2.5)
  expect(percentile([5], 0.99)).toBe(5)
  expect(percentile([], 0.5)).toBeNaN()
})
