/** How many seats a request takes, and for how long: upstream's work estimator. */
import type { RequestInfo } from '../request-info.js'
import type { WorkEstimate } from './flow-request.js'

/** Memory of a list that makes one seat. */
const bytesPerSeat = 100_000
/** Lists from the cache are sent piece by piece: no more is in memory at once. */
const maxCachedBytes = 1_000_000
const maxListSeats = 100
const maxMutatingSeats = 10
const watchesPerSeat = 10
/** Seconds of a seat that telling so many watches takes. */
const eventSeconds = 0.005

export interface ResourceStats {
  objects: number
  /** On average. */
  objectBytes: number
}

export interface WorkSources {
  /** Undefined when nothing is known of the resource. */
  stats(info: RequestInfo): ResourceStats | undefined
  /** How many watches a write concerns. */
  watches(info: RequestInfo): number
}

const oneSeat = (): WorkEstimate => ({ initialSeats: 1, finalSeats: 0, additionalLatency: 0 })

const boundedBy = (general: number, ofLevel: number | undefined) => Math.min(general, ofLevel || general)

function listSeats(info: RequestInfo, query: URLSearchParams | undefined, sources: WorkSources): number {
  const stats = sources.stats(info)
  if (!stats) return 1
  const limit = Number(query?.get('limit') ?? 0)
  const listed = limit > 0 ? Math.min(limit, stats.objects) : stats.objects
  const bytes = (info.name ? 1 : listed) * stats.objectBytes
  return Math.ceil(Math.min(bytes, maxCachedBytes) / bytesPerSeat)
}

function mutationEstimate(watches: number, maxSeats: number): WorkEstimate {
  if (watches < watchesPerSeat) return oneSeat()
  const wanted = Math.ceil(watches / watchesPerSeat)
  const finalSeats = Math.min(wanted, maxSeats)
  return { initialSeats: 1, finalSeats, additionalLatency: (wanted * eventSeconds) / finalSeats }
}

/** `maxSeats`: what the priority level grants one request. `note` is told how many watches a write concerns. */
export function estimateWork(
  info: RequestInfo,
  query: URLSearchParams | undefined,
  options: { sources: WorkSources; maxSeats: number | undefined; note(watches: number): void },
): WorkEstimate {
  const { sources, maxSeats, note } = options
  switch (info.verb) {
    case 'watch':
      if (query?.get('sendInitialEvents') !== 'true') return oneSeat()
      break
    case 'list':
      break
    case 'create':
    case 'update':
    case 'patch':
    case 'delete': {
      if (!info.isResource || (info.resource === 'serviceaccounts' && info.subresource === 'token')) return oneSeat()
      const watches = sources.watches(info)
      note(watches)
      return mutationEstimate(watches, boundedBy(maxMutatingSeats, maxSeats))
    }
    default:
      return oneSeat()
  }
  const seats = Math.min(listSeats(info, query, sources), boundedBy(maxListSeats, maxSeats))
  return { ...oneSeat(), initialSeats: Math.max(1, seats) }
}
