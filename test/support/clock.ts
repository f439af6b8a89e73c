/**
 * Sets the clock of this process, which stands still from then on; what a test would else wait for is over at once. Timers, and the clocks of
 * PostgreSQL and Redis, go on as ever. Until `jest.useRealTimers()`.
 */
export function setClock(milliseconds: number): void {
  jest.useFakeTimers({
    now: milliseconds,
    doNotFake: [
      ...(['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'clearImmediate'] as const),
      ...(['nextTick', 'queueMicrotask', 'hrtime', 'performance'] as const),
    ],
  })
}
