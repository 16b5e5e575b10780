/** Whether APIServices can be reached: upstream's condition `Available`, told as it is. Remote ones are looked at, local ones always are. */
import type { APIService, APIServiceCondition } from '../apis/generated/apiregistration-v1.js'
import type { Service } from '../apis/generated/core-v1.js'
import type { EndpointSlice } from '../apis/generated/discovery-v1.js'
import { semanticEqual } from '../apis/validation/semantic-equal.js'

/** `status` and why. */
export type Availability = Pick<APIServiceCondition, 'status' | 'reason' | 'message'>

export interface Backend {
  service: Service | undefined
  slices: readonly EndpointSlice[]
}

const unavailable = (reason: string, message: string): Availability => ({ status: 'False', reason, message })

const isReady = ({ endpoints }: EndpointSlice) =>
  (endpoints ?? []).some(({ conditions }) => conditions?.ready !== false)

/** What can be told of a remote APIService without asking it; undefined when nothing speaks against it. */
export function planAvailability({ spec }: APIService, { service, slices }: Backend): Availability | undefined {
  const { name, namespace, port = 443 } = spec.service ?? {}
  const where = `service/${name} in "${namespace}"`
  if (!service) return unavailable('ServiceNotFound', `${where} is not present`)
  if (service.spec?.type !== 'ClusterIP') return undefined
  const found = service.spec.ports?.find(candidate => candidate.port === port)
  if (!found) return unavailable('ServicePortError', `${where} is not listening on port ${port}`)
  if (!slices.length) return unavailable('EndpointsNotFound', `cannot find endpointslices for ${where}`)
  const portName = found.name ?? ''
  const serves = slices
    .filter(isReady)
    .some(slice => slice.ports?.some(candidate => (candidate.name ?? '') === portName && candidate.port !== undefined))
  if (serves) return undefined
  const message = `endpointslices for ${where} have no addresses with port name "${portName}"`
  return unavailable('MissingEndpoints', message)
}

export const localAvailability: Availability = {
  status: 'True',
  reason: 'Local',
  message: 'Local APIServices are always available',
}

/** The conditions with this availability; the same list when it says nothing new. `time` is RFC 3339. */
export function withAvailability(
  conditions: readonly APIServiceCondition[],
  wanted: Availability,
  time: string,
): readonly APIServiceCondition[] {
  const current = conditions.find(({ type }) => type === 'Available')
  const lastTransitionTime = current?.status === wanted.status ? current.lastTransitionTime : time
  const next = { type: 'Available', ...wanted, lastTransitionTime }
  if (semanticEqual(current, next)) return conditions
  return current ? conditions.map(condition => (condition === current ? next : condition)) : [...conditions, next]
}
