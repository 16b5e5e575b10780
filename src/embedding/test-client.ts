/** The client that tests are given: in this process, as the administrator, with faults, and with objects of its own to change. */
import type { Client } from '../client/client.js'
import { newInProcessClient } from '../client/in-process.js'
import { cloneJson } from '../machinery/clone.js'
import type { ApiHandler, ApiRequest, ApiResponse, UserInfo, WatchEvent } from '../machinery/request.js'
import type { FaultInjector } from './faults.js'

/** Manager of the fields that tests write. */
const userAgent = 'minik8s-test'

async function* copiesOf(events: AsyncIterable<WatchEvent>, ended: () => void): AsyncGenerator<WatchEvent> {
  try {
    for await (const event of events) yield { ...event, object: cloneJson(event.object) }
  } finally {
    ended()
  }
}

function copyOf(response: ApiResponse, ended: () => void): ApiResponse {
  if ('events' in response) return { ...response, events: copiesOf(response.events, ended) }
  return cloneJson(response)
}

/** `request`, with a signal that also `cut` gives. */
function cuttable(request: ApiRequest) {
  const controller = new AbortController()
  const { signal } = request
  const cut = () => controller.abort()
  if (signal?.aborted) cut()
  signal?.addEventListener('abort', cut, { once: true })
  const ended = () => {
    signal?.removeEventListener('abort', cut)
    for (const callback of callbacks) callback()
  }
  const callbacks: (() => void)[] = []
  const onEnd = (callback: () => void) => void callbacks.push(callback)
  return { request: { ...request, signal: controller.signal, userAgent }, cut, ended, onEnd }
}

export interface TestClientDeps {
  handler: ApiHandler
  faults: FaultInjector
  /** Knows what is served. */
  own: Pick<Client, 'resources' | 'customSchema'>
  /** Runs before each request. */
  onRequest(verb: string): void
}

export function newTestClient(user: UserInfo, { handler, faults, own, onRequest }: TestClientDeps): Client {
  const faulty: ApiHandler = async original => {
    onRequest(original.verb)
    if (original.verb !== 'watch') {
      await faults.strike({ ...original, cut() {}, onEnd() {} })
      return copyOf(await handler({ ...original, userAgent }), () => {})
    }
    const { request, cut, ended, onEnd } = cuttable(original)
    try {
      await faults.strike({ ...original, cut, onEnd })
      return copyOf(await handler(request), ended)
    } catch (error) {
      ended()
      throw error
    }
  }
  const { resources, customSchema } = own
  return { ...newInProcessClient(faulty, user), resources, customSchema }
}
