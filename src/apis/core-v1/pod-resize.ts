/** The `resize` subresource of pods: cpu and memory of running containers. */
import { cloneJson } from '../../machinery/clone.js'
import { type FieldError, forbidden, invalid } from '../../machinery/field-error.js'
import type { Container, Pod, PodSpec } from '../generated/core-v1.js'
import { wholeObject } from '../validation/whole-object.js'
import { semanticEqual } from './internal-form.js'
import { computeQosClass, qosClassOf } from './pod-qos.js'
import { mirrorPodAnnotation } from './pod-spec/annotations.js'
import { isRestartableInitContainer } from './pod-spec/visit-containers.js'
import { validatePod } from './pod-validation.js'

const lists = ['containers', 'initContainers'] as const

const hasPodLevelResources = ({ spec }: Pod): boolean =>
  Object.keys(spec.resources?.requests ?? {}).length + Object.keys(spec.resources?.limits ?? {}).length > 0

/** Takes only resources and resizePolicy from the update. When containers come or go, validation shall see it. */
export function keepOnlyResize(pod: Pod, old: Pod): void {
  if (lists.some(list => (pod.spec[list] ?? []).length !== (old.spec[list] ?? []).length)) return
  const spec: PodSpec = cloneJson(old.spec)
  for (const list of lists) {
    const wanted = pod.spec[list] ?? []
    const inOrder = wanted.every((container, i) => container.name === old.spec[list]?.[i]?.name)
    if (!wanted.length) continue
    spec[list] = inOrder ? wanted.map((container, i) => withResources(spec[list]?.[i] as Container, container)) : wanted
  }
  pod.spec = spec
}

function withResources(container: Container, { resources, resizePolicy }: Container): Container {
  const { resources: _r, resizePolicy: _p, ...rest } = container
  return { ...rest, ...(resources && { resources }), ...(resizePolicy && { resizePolicy }) }
}

function refusal(pod: Pod, old: Pod): string | undefined {
  if (hasPodLevelResources(old) || hasPodLevelResources(pod)) return 'pods with pod-level resources cannot be resized'
  if (old.metadata.annotations && mirrorPodAnnotation in old.metadata.annotations)
    return 'static pods cannot be resized'
  return old.spec.os?.name === 'windows' ? 'windows pods cannot be resized' : undefined
}

/** The node reports resources in the status when it can resize; nothing running means nothing known. */
const nodeSupportsResize = ({ status }: Pod): boolean =>
  status?.containerStatuses?.find(container => container.state?.running)?.resources !== undefined ||
  !status?.containerStatuses?.some(container => container.state?.running)

function* validateOrder(spec: PodSpec, old: PodSpec): Generator<FieldError> {
  for (const list of lists) {
    const [containers, before] = [spec[list] ?? [], old[list] ?? []]
    if (containers.length !== before.length) {
      yield forbidden(`spec.${list}`, `${list} may not be added or removed on resize`)
      continue
    }
    for (const [i, { name }] of before.entries())
      if (containers[i]?.name !== name)
        yield forbidden(`spec.${list}[${i}].name`, `${list} may not be renamed or reordered on resize`)
  }
}

type Amounts = Readonly<Record<string, string>> | undefined

const isRemoved = (now: Amounts, before: Amounts): boolean =>
  Object.keys(before ?? {}).some(name => !(now && name in now))

function* validateNothingRemoved(container: Container, old: Container, path: string): Generator<FieldError> {
  for (const list of ['requests', 'limits'] as const)
    if (isRemoved(container.resources?.[list], old.resources?.[list]))
      yield forbidden(`${path}.resources.${list}`, `resource ${list} cannot be removed`)
}

/** The new amounts with cpu and memory as they were: what still differs may not. */
function withOldComputeResources(now: Amounts, before: Amounts): Record<string, string> | undefined {
  if (!before) return undefined
  const { cpu: _c, memory: _m, ...rest } = now ?? {}
  const { cpu, memory } = before
  return { ...rest, ...(cpu !== undefined && { cpu }), ...(memory !== undefined && { memory }) }
}

function isOnlyComputeResized(container: Container, old: Container): boolean {
  const limits = withOldComputeResources(container.resources?.limits, old.resources?.limits)
  const requests = withOldComputeResources(container.resources?.requests, old.resources?.requests)
  const masked = { ...container, resources: { ...(limits && { limits }), ...(requests && { requests }) } }
  return semanticEqual('Container', masked, old)
}

function* validateChanges(spec: PodSpec, old: PodSpec): Generator<FieldError> {
  for (const [i, container] of (spec.initContainers ?? []).entries()) {
    const before = old.initContainers?.[i] as Container
    if (isRestartableInitContainer(before))
      yield* validateNothingRemoved(container, before, `spec.initContainers[${i}]`)
  }
  for (const [i, container] of (spec.containers ?? []).entries())
    yield* validateNothingRemoved(container, old.containers?.[i] as Container, `spec.containers[${i}]`)
  for (const [i, container] of (spec.containers ?? []).entries())
    if (!isOnlyComputeResized(container, old.containers?.[i] as Container))
      yield forbidden('spec', 'only cpu and memory resources are mutable')
  for (const [i, container] of (spec.initContainers ?? []).entries()) {
    const before = old.initContainers?.[i] as Container
    if (!isRestartableInitContainer(container)) {
      if (!semanticEqual('Container', container, before))
        yield forbidden('spec', 'resources for non-sidecar init containers are immutable')
    } else if (!isOnlyComputeResized(container, before))
      yield forbidden('spec', 'only cpu and memory resources for sidecar containers are mutable')
  }
}

/** Errors of a resize; keepOnlyResize has run before. */
export function* validatePodResize(pod: Pod, old: Pod): Generator<FieldError> {
  const why = refusal(pod, old)
  if (why) return yield forbidden(wholeObject, why)
  yield* validatePod(pod)
  if (qosClassOf(old) !== computeQosClass(pod))
    yield invalid('spec', pod.status?.qosClass ?? '', 'Pod QOS Class may not change as a result of resizing')
  if (!nodeSupportsResize(old)) yield forbidden('spec', 'Pod running on node without support for resize')
  const disorder = [...validateOrder(pod.spec, old.spec)]
  yield* disorder
  if (!disorder.length) yield* validateChanges(pod.spec, old.spec)
}
