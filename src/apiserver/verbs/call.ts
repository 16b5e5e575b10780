/** One request at one stored kind, with what the verbs share. */
import type { Clock } from '../../machinery/clock.js'
import type { AnyKind } from '../../machinery/kind.js'
import type { AnyObject, ObjectKey } from '../../machinery/object-meta.js'
import type { SchemaSet } from '../../machinery/schema/types.js'
import { badRequest } from '../../machinery/status-error.js'
import type { Rest, WriteScope } from '../../registry/rest.js'
import type { Admission, AdmissionAttributes, Operation } from '../admission/admission.js'
import { resourceAttributes } from '../authz/attributes.js'
import { type Authorize, requireAllowed } from '../authz/authorizer.js'
import type { VerbRequest } from './outcome.js'
import { dropRepeatedOwners } from './owner-references.js'

export interface Call {
  request: VerbRequest
  rest: Rest
  kind: AnyKind
}

export interface WriteContext {
  clock: Clock
  schemas: SchemaSet
  admission: Admission
  authorize: Authorize
}

/** Namespaced kinds only; a cluster-scoped object has none whatever the path said. */
export const namespaceOf = ({ request, kind }: Call): string | undefined =>
  kind.scope === 'Namespaced' ? request.namespace : undefined

export function keyOf(call: Call): ObjectKey {
  const namespace = namespaceOf(call)
  return { name: call.request.name ?? '', ...(namespace && { namespace }) }
}

/** What admission is told about the request; the object comes with each phase. */
export function admissionAttributes(call: Call, operation: Operation): AdmissionAttributes {
  const { request, kind } = call
  const { audit } = request
  return {
    operation,
    kind,
    subresource: request.subresource ?? '',
    namespace: namespaceOf(call) ?? '',
    name: request.name ?? '',
    user: request.user,
    dryRun: isDryRun(request),
    options: operationOptions(request, operation),
    ...(request.warn && { warn: request.warn }),
    ...(audit && { annotate: (key: string, value: string) => audit.annotate(key, value) }),
  }
}

/** Upstream's options object of the operation, with what the client gave. */
function operationOptions({ write = {}, delete: options = {} }: VerbRequest, operation: Operation) {
  const kind = `${operation[0]}${operation.slice(1).toLowerCase()}Options`
  if (operation === 'DELETE') return { kind, apiVersion: 'meta.k8s.io/v1', ...options }
  const { dryRun, fieldManager, fieldValidation } = write
  return {
    kind,
    apiVersion: 'meta.k8s.io/v1',
    ...(dryRun && { dryRun: ['All'] }),
    ...(fieldManager && { fieldManager }),
    // What HTTP puts in where the client said nothing.
    ...(fieldValidation && fieldValidation !== 'Warn' && { fieldValidation }),
  }
}

const isDryRun = ({ write, delete: options }: VerbRequest) => write?.dryRun === true || !!options?.dryRun?.length

/** The registry calls back around its own steps; whether an update creates shows in `old`. */
export function writeScope(call: Call, { admission, authorize }: WriteContext): WriteScope {
  const { request } = call
  const mayCreate = () => {
    const { user, group, version, resource, namespace = '', name = '' } = request
    const asked = { verb: 'create', group, version, resource, namespace, name }
    return requireAllowed(authorize, resourceAttributes(user, asked))
  }
  // The name as it was sent: one that has yet to be generated is none.
  let sentName: string | undefined
  const phase = (name: 'mutate' | 'validate') => async (object: AnyObject, old: AnyObject | undefined) => {
    const operation: Operation = old ? 'UPDATE' : 'CREATE'
    if (name === 'validate' && !old && request.verb !== 'create') await mayCreate()
    sentName ??= request.name || object.metadata.name || ''
    return admission[name]({ ...admissionAttributes(call, operation), name: sentName, object, ...(old && { old }) })
  }
  const mutate = phase('mutate')
  return {
    user: request.user,
    dryRun: isDryRun(request),
    subresource: request.subresource ?? '',
    patched: request.verb === 'patch',
    async mutate(object, old) {
      await mutate(object, old)
      dropRepeatedOwners(object, 'admitted', request.warn)
    },
    admit: phase('validate'),
    ...(request.warn && { warn: request.warn }),
  }
}

/** The namespace of the path wins where the body has none; a different one is an error. */
export function ensureNamespace(object: AnyObject, namespace: string | undefined): void {
  const { metadata } = object
  if (metadata.namespace === namespace) return
  if (!namespace) delete metadata.namespace
  else if (!metadata.namespace) metadata.namespace = namespace
  else throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
}

export const nameUndeterminable = (name: string) =>
  badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`)

/** Throws upstream's 400 unless the body names what the path names. */
export function ensureName({ metadata }: AnyObject, name: string): void {
  if (metadata.name === name) return
  if (!metadata.name) throw nameUndeterminable(name)
  throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`)
}
