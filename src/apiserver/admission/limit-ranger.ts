/** LimitRanger: fills in a namespace's default requests and limits, and refuses what lies outside its bounds. */
import { podLimits, podRequests } from '../../apis/core-v1/pod-resources.js'
import type { Pod } from '../../apis/generated/core-v1.js'
import type { AnyObject, KubernetesObject } from '../../machinery/object-meta.js'
import { compareQuantity, formatQuantity, quantityMilliValue } from '../../machinery/quantity.js'
import { joinErrors } from '../authz/rbac.js'
import { type AdmissionAttributes, type AdmissionPlugin, refusal } from './admission.js'
import { type Lookup, limitRanges } from './lookup.js'
import { type AdmittedContainer, type AdmittedPod, asPod, type ResourceRequirements } from './pod-spec.js'

type Amounts = Readonly<Record<string, string>>

interface Limit {
  type: string
  min?: Amounts
  max?: Amounts
  default?: Amounts
  defaultRequest?: Amounts
  maxLimitRequestRatio?: Amounts
}

interface LimitRange extends KubernetesObject {
  spec: { limits: Limit[] }
}

const annotation = 'kubernetes.io/limit-ranger'
const isBeingDeleted = (object: AnyObject) => object.metadata.deletionTimestamp !== undefined

function fill(container: AdmittedContainer, limits: readonly Limit[], what: string): string[] {
  const added: string[] = []
  const merge = (list: 'requests' | 'limits', key: 'defaultRequest' | 'default', word: string) => {
    const own = container.resources?.[list] ?? {}
    const defaults = Object.assign({}, ...limits.map(limit => limit[key])) as Amounts
    const names = Object.keys(defaults).filter(name => own[name] === undefined)
    if (!names.length) return
    const values = Object.fromEntries(names.map(name => [name, defaults[name] ?? '']))
    container.resources = { ...container.resources, [list]: { ...own, ...values } }
    added.push(`${names.sort().join(', ')} ${word} for ${what} ${container.name}`)
  }
  merge('requests', 'defaultRequest', 'request')
  merge('limits', 'default', 'limit')
  return added
}

function fillPod(pod: AdmittedPod, range: LimitRange): void {
  const limits = range.spec.limits.filter(limit => limit.type === 'Container')
  const added = [
    ...(pod.spec.containers ?? []).flatMap(container => fill(container, limits, 'container')),
    ...(pod.spec.initContainers ?? []).flatMap(container => fill(container, limits, 'init container')),
  ]
  if (added.length)
    pod.metadata.annotations = {
      ...pod.metadata.annotations,
      [annotation]: `LimitRanger plugin set: ${added.join('; ')}`,
    }
}

const usage = (bound: 'minimum' | 'maximum', type: string, name: string, enforced: string) =>
  `${bound} ${name} usage per ${type} is ${formatQuantity(enforced)}`

function* minErrors({ type, min = {} }: Limit, { requests = {}, limits = {} }: ResourceRequirements) {
  for (const [name, enforced] of Object.entries(min)) {
    const [request, limit] = [requests[name], limits[name]]
    const text = usage('minimum', type, name, enforced)
    if (request === undefined) yield `${text}.  No request is specified`
    else if (compareQuantity(request, enforced) < 0) yield `${text}, but request is ${formatQuantity(request)}`
    else if (limit !== undefined && compareQuantity(limit, enforced) < 0)
      yield `${text}, but limit is ${formatQuantity(limit)}`
  }
}

function* maxErrors({ type, max = {} }: Limit, { requests = {}, limits = {} }: ResourceRequirements) {
  for (const [name, enforced] of Object.entries(max)) {
    const [request, limit] = [requests[name], limits[name]]
    const text = usage('maximum', type, name, enforced)
    if (limit === undefined) yield `${text}.  No limit is specified`
    else if (compareQuantity(limit, enforced) > 0) yield `${text}, but limit is ${formatQuantity(limit)}`
    else if (request !== undefined && compareQuantity(request, enforced) > 0)
      yield `${text}, but request is ${formatQuantity(request)}`
  }
}

function* ratioErrors(
  { type, maxLimitRequestRatio = {} }: Limit,
  { requests = {}, limits = {} }: ResourceRequirements,
) {
  for (const [name, enforced] of Object.entries(maxLimitRequestRatio)) {
    const request = quantityMilliValue(requests[name] ?? '0')
    const limit = quantityMilliValue(limits[name] ?? '0')
    const text = `${name} max limit to request ratio per ${type} is ${formatQuantity(enforced)}`
    if (!request) yield `${text}, but no request is specified or request is 0`
    else if (!limit) yield `${text}, but no limit is specified or limit is 0`
    else if ((limit / request) * 1000 > quantityMilliValue(enforced))
      yield `${text}, but provided ratio is ${(limit / request).toFixed(6)}`
  }
}

const boundErrors = (limit: Limit, resources: ResourceRequirements) => [
  ...minErrors(limit, resources),
  ...maxErrors(limit, resources),
  ...ratioErrors(limit, resources),
]

function podErrors(pod: AdmittedPod, { spec }: LimitRange): string[] {
  return spec.limits.flatMap(limit => {
    if (limit.type === 'Container') {
      const containers = [...(pod.spec.containers ?? []), ...(pod.spec.initContainers ?? [])]
      return containers.flatMap(({ resources = {} }) => boundErrors(limit, resources))
    }
    if (limit.type !== 'Pod') return []
    const whole = pod as unknown as Pod
    const options = { excludeOverhead: true }
    return boundErrors(limit, { requests: podRequests(whole, options), limits: podLimits(whole, options) })
  })
}

function claimErrors(claim: AnyObject, { spec }: LimitRange): string[] {
  const requests = (claim.spec as { resources?: ResourceRequirements } | undefined)?.resources?.requests ?? {}
  return spec.limits
    .filter(limit => limit.type === 'PersistentVolumeClaim')
    .flatMap(limit => {
      const tooBig = Object.entries(limit.max ?? {}).flatMap(([name, enforced]) => {
        const request = requests[name]
        const text = usage('maximum', limit.type, name, enforced)
        if (request === undefined) return [`${text}.  No request is specified`]
        return compareQuantity(request, enforced) > 0 ? [`${text}, but request is ${formatQuantity(request)}`] : []
      })
      return [...minErrors(limit, { requests }), ...tooBig]
    })
}

/** Pods are checked when created and resized, claims also when they change. */
const concerns = ({ operation, kind, subresource }: AdmissionAttributes): boolean => {
  if (kind.names.plural === 'persistentvolumeclaims') return !subresource
  return subresource === 'resize' ? operation === 'UPDATE' : !subresource && operation === 'CREATE'
}

export const limitRanger = (lookup: Lookup): AdmissionPlugin => ({
  name: 'LimitRanger',
  operations: ['CREATE', 'UPDATE'],
  resources: ['pods', 'persistentvolumeclaims'],
  subresources: true,

  async mutate(attributes) {
    if (!concerns(attributes) || attributes.kind.names.plural !== 'pods') return
    const ranges = await lookup.list<LimitRange>(limitRanges, attributes.namespace)
    for (const range of ranges) fillPod(asPod(attributes.object), range)
  },

  async validate(attributes) {
    const { kind, object, namespace } = attributes
    if (!concerns(attributes) || !object || isBeingDeleted(object)) return
    for (const range of await lookup.list<LimitRange>(limitRanges, namespace)) {
      const errors = kind.names.plural === 'pods' ? podErrors(asPod(object), range) : claimErrors(object, range)
      if (errors.length) throw refusal(attributes, joinErrors(errors))
    }
  },
})
