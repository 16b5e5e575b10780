/** Faults that a test orders: some requests are refused, wait, or lose their watch, as a busy or failing server would have it. */
import type { Clock, Random } from '../machinery/clock.js'
import { type StatusDetails, StatusError, type StatusReason } from '../machinery/status-error.js'

/** Which requests: all, unless something is said. What is said twice must both hold; of a list one is enough. */
export interface RequestMatch {
  /** get, list, watch, create, update, patch, delete, deletecollection. */
  verbs?: string | readonly string[]
  /** Plural, with its group and subresource where it matters: `pods`, `deployments.apps`, `pods/status`. Without a subresource: the object itself. */
  resources?: string | readonly string[]
  namespace?: string
  name?: string
}

export type FaultCode = 409 | 410 | 429 | 500 | 503 | 504

export interface Fault extends RequestMatch {
  /** Answered in place of the server's answer. */
  code?: FaultCode
  /** Of the answer, instead of the usual one. */
  message?: string
  /** Of a 429 or 503; default 1. */
  retryAfterSeconds?: number
  /** Milliseconds that the request waits first. */
  latency?: number
  /** Watches are cut so many milliseconds after they began. */
  dropAfter?: number
  /** How many requests it hits before it is over; default all. */
  times?: number
  /** Of the matching requests, how many it hits: 0 to 1; default 1. */
  probability?: number
}

export interface InjectedFault {
  /** Requests that it has hit. */
  readonly hits: number
  remove(): void
}

export interface Faults {
  /** Works from now on, on requests of the test, not on those of the cluster's own controllers, scheduler and nodes. */
  inject(fault: Fault): InjectedFault
  /** Cuts the watches that run now; their clients begin again. Returns how many there were. */
  dropWatches(match?: Omit<RequestMatch, 'verbs'>): number
  /** Removes every fault. */
  clear(): void
}

/** What faults look at. */
export interface FaultyRequest {
  verb: string
  group: string
  resource: string
  subresource?: string
  namespace?: string
  name?: string
  /** Ends the request from outside. */
  cut(): void
  onEnd(callback: () => void): void
}

const answers: Record<FaultCode, { reason: StatusReason; message: string }> = {
  409: {
    reason: 'Conflict',
    message: 'injected: the object has been modified; please apply your changes to the latest version and try again',
  },
  410: { reason: 'Expired', message: 'injected: The resourceVersion for the provided watch is too old.' },
  429: { reason: 'TooManyRequests', message: 'injected: too many requests, please try again later.' },
  500: { reason: 'InternalError', message: 'injected: Internal error occurred' },
  503: { reason: 'ServiceUnavailable', message: 'injected: the server is currently unable to handle the request' },
  504: { reason: 'Timeout', message: 'injected: the request did not complete in the allotted time' },
}

const listOf = (value: string | readonly string[]): readonly string[] => (typeof value === 'string' ? [value] : value)

function isOf(name: string, { group, resource, subresource }: FaultyRequest): boolean {
  const [main = '', part = ''] = name.split('/')
  return part === (subresource ?? '') && (main === resource || main === `${resource}.${group}`)
}

/** Whether a request is one of those. */
export function matches({ verbs, resources, namespace, name }: RequestMatch, request: FaultyRequest): boolean {
  if (verbs !== undefined && !listOf(verbs).includes(request.verb)) return false
  if (resources !== undefined && !listOf(resources).some(resource => isOf(resource, request))) return false
  if (namespace !== undefined && namespace !== request.namespace) return false
  return name === undefined || name === request.name
}

function errorOf(fault: Fault & { code: FaultCode }, { group, resource, name }: FaultyRequest): StatusError {
  const { reason, message } = answers[fault.code]
  const retry = fault.code === 429 || fault.code === 503 ? { retryAfterSeconds: fault.retryAfterSeconds ?? 1 } : {}
  const details: StatusDetails = { ...(name && { name }), ...(group && { group }), kind: resource, ...retry }
  return new StatusError(fault.code, reason, fault.message ?? message, details)
}

class Injection implements InjectedFault {
  hits = 0

  constructor(
    readonly fault: Fault,
    readonly remove: () => void,
  ) {}

  /** Whether it strikes this request. */
  takes(request: FaultyRequest, random: Random): boolean {
    const { times = Number.POSITIVE_INFINITY, probability = 1 } = this.fault
    if (this.hits >= times || !matches(this.fault, request)) return false
    if (probability < 1 && random.next() >= probability) return false
    this.hits++
    return true
  }
}

export class FaultInjector implements Faults {
  readonly #injections = new Set<Injection>()
  readonly #watches = new Set<FaultyRequest>()
  readonly #deps: { clock: Clock; random: Random }

  constructor(deps: { clock: Clock; random: Random }) {
    this.#deps = deps
  }

  inject(fault: Fault): InjectedFault {
    const injection: Injection = new Injection(fault, () => this.#injections.delete(injection))
    this.#injections.add(injection)
    return injection
  }

  dropWatches(match: Omit<RequestMatch, 'verbs'> = {}): number {
    const dropped = [...this.#watches].filter(watch => matches(match, watch))
    for (const watch of dropped) watch.cut()
    return dropped.length
  }

  clear(): void {
    this.#injections.clear()
  }

  /** Resolves when the request may be served. Throws what is answered instead. */
  async strike(request: FaultyRequest): Promise<void> {
    const { clock, random } = this.#deps
    const hits = [...this.#injections].filter(injection => injection.takes(request, random))
    for (const { fault } of hits) {
      const { latency = 0, code } = fault
      if (latency > 0) await new Promise<void>(resolve => void clock.after(latency, resolve))
      if (code) throw errorOf({ ...fault, code }, request)
    }
    if (request.verb !== 'watch') return
    this.#watches.add(request)
    request.onEnd(() => this.#watches.delete(request))
    for (const { fault } of hits) if (fault.dropAfter !== undefined) clock.after(fault.dropAfter, () => request.cut())
  }
}
