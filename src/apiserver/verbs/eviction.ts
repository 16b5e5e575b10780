/** pods/eviction: deletes a pod if its disruption budget allows. */
import type { AnyObject } from '../../machinery/object-meta.js'
import type { DeleteOptions } from '../../machinery/request.js'
import { matchesLabels } from '../../machinery/selector/index.js'
import { badRequest, internalError, isReason, notFound, StatusError } from '../../machinery/status-error.js'
import { checkDeletePreconditions } from '../../registry/before-delete.js'
import type { Rest } from '../../registry/rest.js'
import type { RestDirectory } from '../deps.js'
import { admissionAttributes, type Call, ensureNamespace, keyOf, namespaceOf, type WriteContext } from './call.js'
import { type BodyType, decodeBody } from './decode-body.js'
import type { Outcome } from './outcome.js'

export const evictionType: BodyType = {
  group: 'policy',
  version: 'v1',
  kind: 'Eviction',
  schema: 'policy.v1.Eviction',
  older: { apiVersions: ['policy/v1beta1'] },
}

interface Budget extends AnyObject {
  spec: { selector?: object | null; unhealthyPodEvictionPolicy?: string }
  status: {
    observedGeneration?: number
    disruptionsAllowed: number
    currentHealthy: number
    desiredHealthy: number
    disruptedPods?: Record<string, string>
  }
}

interface Condition {
  type: string
  status: string
  reason?: string
  message?: string
  lastProbeTime?: null
  lastTransitionTime?: string
}

interface Pod extends AnyObject {
  status?: { phase?: string; conditions?: Condition[] }
}

/** More than this and the disruption controller has fallen behind. */
const maxDisruptedPods = 2000

const isReady = ({ status }: Pod) => status?.conditions?.some(c => c.type === 'Ready' && c.status === 'True') ?? false
/** A pod that does not run yet, or no more, is nobody's loss. */
const ignoresBudget = ({ status, metadata }: Pod) =>
  ['Succeeded', 'Failed', 'Pending'].includes(status?.phase ?? '') || metadata.deletionTimestamp !== undefined

const tooMany = (message: string, cause: string, retryAfterSeconds?: number) =>
  new StatusError(429, 'TooManyRequests', message, {
    causes: [{ reason: 'DisruptionBudget', message: cause }],
    ...(retryAfterSeconds && { retryAfterSeconds }),
  })

const plainMessage = "Cannot evict pod as it would violate the pod's disruption budget."

/** Takes one disruption off the budget. Throws 429 when there is none left. */
function takeDisruption(budget: Budget, podName: string, time: string): Budget {
  const { status, metadata } = budget
  const name = metadata.name
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0))
    throw tooMany(plainMessage, `The disruption budget ${name} is still being processed by the server.`, 10)
  if (status.disruptionsAllowed < 0) throw internalError(`pdb disruptions allowed is negative`)
  if (Object.keys(status.disruptedPods ?? {}).length > maxDisruptedPods)
    throw internalError('DisruptedPods map too big - too many evictions not confirmed by PDB controller')
  if (status.disruptionsAllowed === 0)
    throw tooMany(
      plainMessage,
      `The disruption budget ${name} needs ${status.desiredHealthy} healthy pods and has ${status.currentHealthy} currently`,
    )
  status.disruptionsAllowed--
  status.disruptedPods = { ...status.disruptedPods, [podName]: time }
  return budget
}

export interface EvictionContext extends WriteContext {
  rests: RestDirectory
  /** RFC 3339. */
  time: string
}

async function budgetsOf(pod: Pod, rest: Rest | undefined): Promise<Budget[]> {
  const found = await rest?.list(pod.metadata.namespace, {})
  return (found?.items.map(item => item.object as Budget) ?? []).filter(
    ({ spec }) => spec.selector && matchesLabels(spec.selector, pod.metadata.labels ?? {}),
  )
}

/** Unhealthy pods that the budget does not count on may always go. */
const mayGoUnhealthy = (pod: Pod, { spec, status }: Budget) =>
  !isReady(pod) &&
  (spec.unhealthyPodEvictionPolicy === 'AlwaysAllow' ||
    (status.currentHealthy >= status.desiredHealthy && status.desiredHealthy > 0))

async function respectBudget(pod: Pod, call: Call, { rests, time }: EvictionContext): Promise<void> {
  if (ignoresBudget(pod)) return
  const rest = rests.find('policy', 'v1', 'poddisruptionbudgets')
  const budgets = await budgetsOf(pod, rest)
  if (budgets.length > 1)
    throw new StatusError(
      500,
      '',
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    )
  const [budget] = budgets
  if (!budget || !rest || mayGoUnhealthy(pod, budget)) return
  const { user, delete: options } = call.request
  const key = { name: budget.metadata.name ?? '', namespace: pod.metadata.namespace ?? '' }
  await rest.update(key, current => takeDisruption(current as Budget, pod.metadata.name ?? '', time), {
    user,
    dryRun: !!options?.dryRun?.length,
    subresource: 'status',
  })
}

/** Says on the pod itself why it goes. */
function markAsDisrupted(pod: Pod, time: string): Pod {
  const type = 'DisruptionTarget'
  const others = pod.status?.conditions?.filter(condition => condition.type !== type) ?? []
  const condition: Condition = {
    type,
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: time,
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
  }
  pod.status = { ...pod.status, conditions: [...others, condition] }
  return pod
}

async function evict(call: Call, uid: string, options: DeleteOptions, time: string): Promise<void> {
  const { request, rest } = call
  const dryRun = !!options.dryRun?.length
  const scope = { user: request.user, dryRun, subresource: 'status' }
  if (!dryRun) {
    const mark = (current: AnyObject | undefined) => {
      if (!current) throw notFound(call.kind, request.name ?? '')
      checkDeletePreconditions(call.kind, current, options)
      return markAsDisrupted(current as Pod, time)
    }
    const { stored } = await rest.update(keyOf(call), mark, scope)
    // Who names a version means the one before the mark.
    if (options.preconditions?.resourceVersion)
      options.preconditions.resourceVersion = stored.object.metadata.resourceVersion
  }
  const preconditions = options.preconditions ?? { uid }
  await rest.delete(keyOf(call), { ...options, preconditions }, { ...scope, subresource: '' })
}

export async function createEviction(call: Call, context: EvictionContext): Promise<Outcome> {
  const { request, rest } = call
  const eviction = decodeBody(context.schemas, evictionType, request)
  ensureNamespace(eviction, namespaceOf(call))
  if (eviction.metadata.name !== request.name) throw badRequest('name in URL does not match name in Eviction object')
  const options = (eviction.deleteOptions ?? {}) as DeleteOptions
  const dryRun = request.write?.dryRun ? ['All'] : options.dryRun
  const pod = (await rest.get(keyOf(call))).object as Pod
  const attributes = { ...admissionAttributes(call, 'CREATE'), object: eviction }
  await context.admission.mutate(attributes)
  await context.admission.validate(attributes)
  await respectBudget(pod, { ...call, request: { ...request, ...(dryRun && { delete: { dryRun } }) } }, context)
  try {
    await evict(call, pod.metadata.uid ?? '', { ...options, ...(dryRun && { dryRun }) }, context.time)
  } catch (error) {
    if (!isReason(error, 'NotFound')) throw error
  }
  const object: AnyObject = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }
  return { type: 'computed', code: 201, object, schema: 'meta.v1.Status' }
}
