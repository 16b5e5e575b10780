/** Checks of the downward API: references to fields of the pod and to resources of a container. */
import { type FieldError, invalid, notSupported, required } from '../../../machinery/field-error.js'
import type { ObjectFieldSelector, ResourceFieldSelector } from '../../generated/core-v1.js'
import { validateQualifiedName } from '../../validation/text.js'
import { isZeroQuantity } from '../resource-list.js'

/** Fields that an environment variable may show. */
export const envFieldPaths = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
] as const

/** Fields that a file of a downward API volume may show. */
export const volumeFieldPaths = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
] as const

const knownFieldPaths = new Set<string>([
  ...envFieldPaths,
  ...volumeFieldPaths,
  'spec.restartPolicy',
  'spec.schedulerName',
  'status.phase',
])

/** `metadata.labels['app']` is the path `metadata.labels` with the subscript `app`. */
const splitSubscript = (path: string): [path: string, subscript: string] | undefined => {
  if (!path.endsWith("']")) return undefined
  const start = path.indexOf("['")
  return start > 0 ? [path.slice(0, start), path.slice(start + 2, -2)] : undefined
}

function* validateSubscript(fieldPath: string, subscripted: [string, string], path: string): Generator<FieldError> {
  const [field, subscript] = subscripted
  if (field === 'metadata.annotations') yield* validateQualifiedName(subscript.toLowerCase(), path)
  else if (field === 'metadata.labels') yield* validateQualifiedName(subscript, path)
  else
    yield invalid(
      `${path}.fieldPath`,
      fieldPath,
      `error converting fieldPath: field label does not support subscript: ${fieldPath}`,
    )
}

/** `allowed` are the paths that may be named without a subscript. */
export function* validateFieldRef(
  ref: ObjectFieldSelector,
  allowed: readonly string[],
  path: string,
): Generator<FieldError> {
  const { apiVersion, fieldPath } = ref
  if (!apiVersion) return yield required(`${path}.apiVersion`)
  if (!fieldPath) return yield required(`${path}.fieldPath`)
  const conversion = (why: string) => invalid(`${path}.fieldPath`, fieldPath, `error converting fieldPath: ${why}`)
  if (apiVersion !== 'v1') return yield conversion(`unsupported pod version: ${apiVersion}`)
  const subscripted = splitSubscript(fieldPath)
  if (subscripted) return yield* validateSubscript(fieldPath, subscripted, path)
  // Clients of old wrote spec.host.
  const current = fieldPath === 'spec.host' ? 'spec.nodeName' : fieldPath
  if (!knownFieldPaths.has(current)) return yield conversion(`field label not supported: ${fieldPath}`)
  if (!allowed.includes(current)) yield notSupported(`${path}.fieldPath`, current, allowed)
}

const resourcePaths = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
] as const

const isHugePages = (resource: string) => /^(requests|limits)\.hugepages-/.test(resource)

const byteDivisors = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei']
const divisorRules: { matches(resource: string): boolean; divisors: readonly string[]; message: string }[] = [
  {
    matches: r => r.endsWith('s.cpu'),
    divisors: ['1m', '1'],
    message: "only divisor's values 1m and 1 are supported with the cpu resource",
  },
  ...[
    { matches: (r: string) => r.endsWith('s.memory'), name: 'memory' },
    { matches: (r: string) => r.endsWith('s.ephemeral-storage'), name: 'local ephemeral storage' },
    { matches: isHugePages, name: 'hugepages' },
  ].map(({ matches, name }) => ({
    matches,
    divisors: byteDivisors,
    message: `only divisor's values ${byteDivisors.join(', ')} are supported with the ${name} resource`,
  })),
]

function* validateDivisor({ resource, divisor }: ResourceFieldSelector, path: string): Generator<FieldError> {
  if (divisor === undefined || isZeroQuantity(divisor)) return
  for (const rule of divisorRules)
    if (rule.matches(resource) && !rule.divisors.includes(divisor))
      yield invalid(`${path}.divisor`, resource, rule.message)
}

/** In a volume the container must be named; in a container's environment it is the container itself. */
export function* validateResourceFieldRef(
  ref: ResourceFieldSelector,
  path: string,
  place: 'env' | 'volume',
): Generator<FieldError> {
  if (place === 'volume' && !ref.containerName) yield required(`${path}.containerName`)
  else if (!ref.resource) yield required(`${path}.resource`)
  else if (!resourcePaths.includes(ref.resource as never) && !isHugePages(ref.resource))
    yield notSupported(`${path}.resource`, ref.resource, resourcePaths)
  yield* validateDivisor(ref, path)
}
