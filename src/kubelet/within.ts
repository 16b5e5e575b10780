/** Deadlines for what others may never answer. */
import type { Clock } from '../machinery/clock.js'

/** Rejects with an Error of that message when the call takes longer; the call itself goes on. */
export async function within<T>(call: Promise<T>, ms: number, clock: Clock, message: string): Promise<T> {
  let fail: (error: Error) => void = () => {}
  const late = new Promise<never>((_, reject) => {
    fail = reject
  })
  const timer = clock.after(ms, () => fail(new Error(message)))
  return Promise.race([call, late]).finally(() => timer.cancel())
}
