/** Copies of requests for backends that only listen: nobody waits for them, and what they answer is not looked at. */
import { PassThrough, type Readable } from 'node:stream'
import type { BackendExchange } from './backend-exchange.js'
import type { HttpFilters, Mirror } from './http-rule.js'

/** A backend that is behind by more than this is not served any more. */
const maxBehind = 1 << 20

/** Those that this request is one for; `random` gives numbers below 1. */
export const mirrorsOf = (filters: readonly HttpFilters[], random: () => number): Mirror[] =>
  filters.flatMap(({ mirrors = [] }) => mirrors.filter(({ share }) => share >= 1 || random() < share))

/** Copies the body from here on; none where there is none. */
export function copyTo(body: Readable | undefined, opening: Promise<BackendExchange>): void {
  const copy = new PassThrough({ highWaterMark: maxBehind })
  const give = (chunk: Buffer) => {
    if (copy.writableLength > maxBehind) copy.destroy()
    else copy.write(chunk)
  }
  const leave = () => {
    body?.off('data', give)
    copy.end()
  }
  copy.on('error', () => {}).once('close', () => body?.off('data', give))
  if (body) body.on('data', give).once('end', leave).once('close', leave)
  else copy.end()
  opening.then(
    ({ body: outgoing, answer }) => {
      copy.pipe(outgoing)
      answer.then(
        ({ body: answered }) => answered.on('error', () => {}).resume(),
        () => copy.destroy(),
      )
    },
    () => copy.destroy(),
  )
}
