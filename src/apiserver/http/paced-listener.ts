/** Requests begin a few at a time, so that a flood of them cannot keep the process from its other connections. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { RequestListener } from './pipeline.js'

/** How many begin before the process looks at its sockets again: some milliseconds of work. */
const perTurn = 32

/** Whoever asks whether the server lives must not wait behind those it is busy with. */
const isUrgent = ({ url = '' }: IncomingMessage): boolean => /^\/(livez|readyz|healthz)\b/.test(url)

/** `later` calls back when the process has looked at its sockets. Who left while waiting is not served. */
export function newPacedListener(listener: RequestListener, later: (next: () => void) => unknown): RequestListener {
  const waiting: [IncomingMessage, ServerResponse][] = []
  let begun = 0
  let isCounting = false

  const nextTurn = () => {
    isCounting = false
    begun = 0
    while (waiting.length && begun < perTurn) {
      const [request, response] = waiting.shift()!
      if (!request.aborted && !request.destroyed) begin(request, response)
    }
  }
  const begin = (request: IncomingMessage, response: ServerResponse) => {
    begun++
    if (!isCounting) later(nextTurn)
    isCounting = true
    listener(request, response)
  }
  return (request, response) => {
    if (begun < perTurn && !waiting.length) begin(request, response)
    else if (isUrgent(request)) listener(request, response)
    else waiting.push([request, response])
  }
}
