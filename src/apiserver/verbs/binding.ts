/** pods/binding, and the older way through `bindings`: puts a pod on a node, once. */
import { formatTime } from '../../machinery/clock.js'
import type { AnyObject } from '../../machinery/object-meta.js'
import { badRequest, conflict, notFound, StatusError } from '../../machinery/status-error.js'
import { type Call, ensureNamespace, keyOf, namespaceOf, type WriteContext, writeScope } from './call.js'
import { type BodyType, decodeBody } from './decode-body.js'
import type { Outcome } from './outcome.js'

export const bindingType: BodyType = { group: '', version: 'v1', kind: 'Binding', schema: 'core.v1.Binding' }

interface BoundPod extends AnyObject {
  spec: { nodeName?: string; schedulingGates?: unknown[] }
  status?: { conditions?: { type: string; status: string; lastTransitionTime?: string | null }[] }
}

interface Binding extends AnyObject {
  target: { kind?: string; name?: string }
}

// Upstream passes these errors on as they are.
const unexplained = (message: string) => new StatusError(500, '', message)

const success: AnyObject = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }

function bind(pod: BoundPod, { metadata, target }: Binding, now: number): BoundPod {
  const name = metadata.name ?? ''
  const podKind = { group: '', names: { plural: 'pods/binding', singular: '' } }
  if (metadata.uid && metadata.uid !== pod.metadata.uid)
    throw new StatusError(
      409,
      'Conflict',
      `Operation cannot be fulfilled on pods/binding ${JSON.stringify(name)}: Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${pod.metadata.uid}`,
      { name, kind: 'pods/binding' },
    )
  if (pod.metadata.deletionTimestamp)
    throw conflict(podKind, name, `pod ${name} is being deleted, cannot be assigned to a host`)
  if (pod.spec.nodeName)
    throw conflict(podKind, name, `pod ${name} is already assigned to node ${JSON.stringify(pod.spec.nodeName)}`)
  if (pod.spec.schedulingGates?.length) throw conflict(podKind, name, `pod ${name} has non-empty .spec.schedulingGates`)
  pod.spec.nodeName = target.name ?? ''
  if (metadata.annotations) pod.metadata.annotations = { ...pod.metadata.annotations, ...metadata.annotations }
  if (metadata.labels) pod.metadata.labels = { ...pod.metadata.labels, ...metadata.labels }
  const others = pod.status?.conditions?.filter(condition => condition.type !== 'PodScheduled') ?? []
  const scheduled = {
    type: 'PodScheduled',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: formatTime(now),
  }
  pod.status = { ...pod.status, conditions: [...others, scheduled] }
  return pod
}

/** `call` names the pod, or nothing when the Binding itself does. */
export async function createBinding(call: Call, context: WriteContext & { now: number }): Promise<Outcome> {
  const { request, rest, kind } = call
  const binding = decodeBody(context.schemas, bindingType, request) as Binding
  const namespace = namespaceOf(call)
  ensureNamespace(binding, namespace)
  if (request.name && binding.metadata.name !== request.name)
    throw badRequest('name in URL does not match name in Binding object')
  const target = binding.target ?? {}
  if (target.kind && target.kind !== 'Node')
    throw unexplained(
      `target.kind: Unsupported value: ${JSON.stringify(target.kind)}: supported values: "Node", "<empty>"`,
    )
  if (!target.name) throw unexplained('target.name: Required value')
  const named: Call = { ...call, request: { ...request, name: binding.metadata.name ?? '', subresource: 'binding' } }
  const transform = (pod: AnyObject | undefined) => {
    if (!pod) throw notFound(kind, binding.metadata.name ?? '')
    return bind(pod as BoundPod, binding, context.now)
  }
  await rest.update(keyOf(named), transform, writeScope(named, context))
  return { type: 'computed', code: 201, object: success, schema: 'meta.v1.Status' }
}
