/** Updates of a pod's status: what the kubelet and other writers may not do to it. */
import { type FieldError, forbidden, invalid } from '../../machinery/field-error.js'
import { ipFamilyOf } from '../../machinery/ip.js'
import { isDns1123Subdomain } from '../../machinery/names.js'
import type { ContainerStatus, Pod, PodCondition, PodSpec, PodStatus } from '../generated/core-v1.js'
import { legacyIp } from '../validation/ip.js'
import { formatErrors, validateQualifiedName } from '../validation/text.js'
import { internalForm } from './internal-form.js'
import { validatePodAnnotationsUpdate } from './pod-spec/annotations.js'
import { isRestartableInitContainer } from './pod-spec/visit-containers.js'
import { validateContainerStatuses, validateResourceClaimStatuses } from './pod-status-validation.js'

const systemConditions = ['PodScheduled', 'Ready', 'Initialized']

function* validateConditions(conditions: readonly PodCondition[] | undefined): Generator<FieldError> {
  for (const [i, { type, observedGeneration = 0 }] of (conditions ?? []).entries()) {
    const path = `status.conditions[${i}]`
    if (observedGeneration < 0)
      yield invalid(`${path}.observedGeneration`, observedGeneration, 'must be a non-negative integer')
    if (!systemConditions.includes(type)) yield* validateQualifiedName(type, `${path}.Type`)
  }
}

/** May a container that ended run again? By the pod's restartPolicy. */
const mayRestart = (status: ContainerStatus, spec: PodSpec): boolean =>
  spec.restartPolicy === 'Always' ||
  (spec.restartPolicy === 'OnFailure' && (status.state?.terminated?.exitCode ?? 0) !== 0)

function* validateNoRevival(
  statuses: readonly ContainerStatus[] | undefined,
  old: readonly ContainerStatus[] | undefined,
  { path, mayRun }: { path: string; mayRun(status: ContainerStatus): boolean },
): Generator<FieldError> {
  for (const [i, before] of (old ?? []).entries()) {
    if (!before.state?.terminated || mayRun(before)) continue
    const revived = statuses?.some(status => status.name === before.name && !status.state?.terminated)
    if (revived) yield forbidden(`${path}[${i}].state`, 'may not be transitioned to non-terminated state')
  }
}

function* validateTransitions(status: PodStatus, old: PodStatus, spec: PodSpec): Generator<FieldError> {
  const isSidecar = (name: string) => isRestartableInitContainer(spec.initContainers?.find(c => c.name === name))
  yield* validateNoRevival(status.containerStatuses, old.containerStatuses, {
    path: 'status.containerStatuses',
    mayRun: before => mayRestart(before, spec),
  })
  yield* validateNoRevival(status.initContainerStatuses, old.initContainerStatuses, {
    path: 'status.initContainerStatuses',
    mayRun: before => mayRestart(before, spec) || isSidecar(before.name),
  })
  yield* validateNoRevival(status.ephemeralContainerStatuses, old.ephemeralContainerStatuses, {
    path: 'status.ephemeralContainerStatuses',
    mayRun: () => false,
  })
}

/** At most one address of each family. Addresses that were stored before are kept, valid or not. */
function* validateAddresses(
  addresses: readonly { ip?: string }[] | undefined,
  old: readonly { ip?: string }[] | undefined,
  { path, type }: { path: string; type: 'PodIP' | 'HostIP' },
): Generator<FieldError> {
  const list = addresses ?? []
  for (const [i, { ip = '' }] of list.entries())
    if (!old?.some(before => before.ip === ip)) yield* legacyIp(ip, `${path}[${i}]`)
  if (list.length < 2) return
  const families = list.map(({ ip = '' }) => ipFamilyOf(ip))
  const bad = families.indexOf(undefined)
  if (bad >= 0) {
    const why = `invalid IP[${bad}]: ${list[bad]?.ip ?? ''}`
    yield {
      type: 'InternalError',
      field: path,
      message: `Internal error: failed to check for dual stack with error:${why}`,
    }
  }
  if (bad >= 0 || list.length > 2 || families[0] === families[1])
    yield invalid(
      path,
      list.map(address => internalForm(type, address)),
      'may specify no more than one IP for each IP family',
    )
}

function* validateHostIps({ hostIP = '', hostIPs }: PodStatus, old: PodStatus): Generator<FieldError> {
  const first = hostIPs?.[0]
  if (first && first.ip !== hostIP) yield invalid('status.hostIPs[0].ip', first.ip, 'must be equal to `hostIP`')
  yield* validateAddresses(hostIPs, old.hostIPs, { path: 'status.hostIPs', type: 'HostIP' })
}

function* validateScalars(status: PodStatus, old: PodStatus): Generator<FieldError> {
  const { nominatedNodeName: nominated = '', observedGeneration = 0, qosClass = '' } = status
  if (nominated && nominated !== old.nominatedNodeName)
    yield* formatErrors(isDns1123Subdomain, nominated, 'status.nominatedNodeName')
  if (observedGeneration < 0)
    yield invalid('status.observedGeneration', observedGeneration, 'must be a non-negative integer')
  if (qosClass !== (old.qosClass ?? '')) yield invalid('status.qosClass', qosClass, 'field is immutable')
}

/** Errors of an update of the status subresource. */
export function* validatePodStatusUpdate(pod: Pod, old: Pod): Generator<FieldError> {
  const { status = {} } = pod
  const { status: before = {} } = old
  yield* validatePodAnnotationsUpdate(pod.metadata.annotations, old.metadata.annotations, 'metadata.annotations')
  yield* validateConditions(status.conditions)
  yield* validateScalars(status, before)
  yield* validateTransitions(status, before, old.spec)
  yield* validateResourceClaimStatuses(status.resourceClaimStatuses, pod.spec.resourceClaims)
  yield* validateAddresses(status.podIPs, before.podIPs, { path: 'status.podIPs', type: 'PodIP' })
  yield* validateHostIps(status, before)
  yield* validateContainerStatuses(status, pod.spec)
}

const statusLists = ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'] as const

/** Fields of alpha features that v1.34 has off: DRAExtendedResource, ResourceHealthStatus. */
function dropDisabledStatusFields(status: PodStatus): void {
  delete status.extendedResourceClaimStatus
  for (const list of statusLists) for (const container of status[list] ?? []) delete container.allocatedResourcesStatus
}

/** A writer that does not know observedGeneration shall not clear it; the n-th condition of a type keeps the n-th's. */
function keepObservedGenerations(status: PodStatus, old: PodStatus): void {
  if (!status.observedGeneration && old.observedGeneration) status.observedGeneration = old.observedGeneration
  const left = [...(old.conditions ?? [])]
  for (const condition of status.conditions ?? []) {
    const index = left.findIndex(({ type }) => type === condition.type)
    const [before] = index < 0 ? [] : left.splice(index, 1)
    if (!condition.observedGeneration && before?.observedGeneration)
      condition.observedGeneration = before.observedGeneration
  }
}

/** What a status update leaves as it was: owners, and what old kubelets forget. */
export function preparePodForStatusUpdate(pod: Pod, old: Pod): void {
  const { ownerReferences } = old.metadata
  if (ownerReferences) pod.metadata.ownerReferences = ownerReferences
  else delete pod.metadata.ownerReferences
  pod.status ??= {}
  dropDisabledStatusFields(pod.status)
  if (!pod.status.qosClass && old.status?.qosClass) pod.status.qosClass = old.status.qosClass
  keepObservedGenerations(pod.status, old.status ?? {})
}
