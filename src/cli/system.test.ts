import { expect, jest, test } from '@jest/globals'
import { systemClock } from './system.js'

interface Listed {
  /** Node's list of the timers of one duration, where there is no other. */
  _idleNext: object
}

test.each([
  { name: 'a long timer', ms: 600_001, leaves: false },
  { name: 'a short timer, whose list is soon wanted again', ms: 5001, leaves: true },
])('$name that is cancelled leaves its list behind: $leaves', ({ ms, leaves }) => {
  const set = jest.spyOn(globalThis, 'setTimeout')
  const newest = () => set.mock.results.at(-1)!.value as NodeJS.Timeout & Listed
  const first = systemClock.after(ms, () => {})
  const list = newest()._idleNext
  first.cancel()
  const second = systemClock.after(ms, () => {})
  expect(newest()._idleNext === list).toBe(leaves)
  second.cancel()
  expect(newest().hasRef()).toBe(!leaves)
  set.mockRestore()
})
