/** Window changes of a terminal: JSON objects on a stream, read one by one. */
import type { TerminalSize } from '../../machinery/node-api.js'

/** No size takes more; a client that sends something else is not listened to. */
const maxPendingCharacters = 4096
const maxSide = 65_535

function sizeOf(text: string): TerminalSize | undefined {
  let parsed: { Width?: unknown; Height?: unknown }
  try {
    parsed = JSON.parse(text)
  } catch {
    return undefined
  }
  const side = (value: unknown) =>
    Number.isInteger(value) && (value as number) >= 0 && (value as number) <= maxSide ? (value as number) : undefined
  const [width, height] = [side(parsed.Width), side(parsed.Height)]
  return width === undefined || height === undefined ? undefined : { width, height }
}

/** Sizes as they come, until the stream ends. Messages may be cut anywhere; what is no size is skipped. */
export async function* readTerminalSizes(stream: AsyncIterable<Buffer>): AsyncGenerator<TerminalSize> {
  let pending = ''
  try {
    for await (const chunk of stream) {
      pending += chunk.toString('utf8')
      for (let end = pending.indexOf('}'); end >= 0; end = pending.indexOf('}')) {
        const size = sizeOf(pending.slice(0, end + 1))
        pending = pending.slice(end + 1)
        if (size) yield size
      }
      if (pending.length > maxPendingCharacters) return
    }
  } catch {
    // The client is gone; its terminal does not change any more.
  }
}
