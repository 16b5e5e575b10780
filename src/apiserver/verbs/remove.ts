/** delete and deletecollection. */
import type { AnyKind } from '../../machinery/kind.js'
import type { AnyObject } from '../../machinery/object-meta.js'
import type { DeleteOptions } from '../../machinery/request.js'
import type { DeleteScope } from '../../registry/rest.js'
import { selectionOf } from '../../registry/select.js'
import { admissionAttributes, type Call, keyOf, namespaceOf, type WriteContext } from './call.js'
import { checkDeleteOptions, checkListOptions } from './options.js'
import type { Outcome } from './outcome.js'

function deleteScope(call: Call, { admission }: WriteContext): DeleteScope {
  const { request } = call
  return {
    user: request.user,
    dryRun: !!request.delete?.dryRun?.length,
    subresource: '',
    async admit(object, old) {
      const target = old ?? object
      const name = target?.metadata.name ?? request.name ?? ''
      const attributes = { ...admissionAttributes(call, 'DELETE'), name, ...(target && { old: target }) }
      await admission.mutate(attributes)
      await admission.validate(attributes)
    },
    ...(request.warn && { warn: request.warn }),
  }
}

/** Kinds whose storage answers a deletion with the object rather than with a Status, as upstream has it. */
const answersWithObject: ReadonlySet<string> = new Set([
  'resourcequotas',
  'persistentvolumes',
  'serviceaccounts',
  'persistentvolumeclaims',
  'namespaces',
  'pods',
  'services',
  'podtemplates',
  'csidrivers.storage.k8s.io',
  'storageclasses.storage.k8s.io',
  'volumeattachments.storage.k8s.io',
  'csinodes.storage.k8s.io',
  'volumeattributesclasses.storage.k8s.io',
  'resourceclaimtemplates.resource.k8s.io',
  'resourceslices.resource.k8s.io',
  'resourceclaims.resource.k8s.io',
  'deviceclasses.resource.k8s.io',
])

/** `details` names what is gone, so that a client can tell it from a later object of the same name. */
const deletedStatus = (kind: AnyKind, { metadata }: AnyObject): AnyObject => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Success',
  details: {
    name: metadata.name,
    ...(kind.group && { group: kind.group }),
    kind: kind.names.plural,
    uid: metadata.uid,
  },
})

function warnOfOrphans({ kind, request }: Call, { propagationPolicy, orphanDependents }: DeleteOptions): void {
  const { deletionWarning } = kind.strategy
  if (deletionWarning && propagationPolicy === undefined && orphanDependents === undefined)
    request.warn?.(deletionWarning)
}

export async function remove(call: Call, context: WriteContext): Promise<Outcome> {
  const { rest, kind, request } = call
  const options = request.delete ?? {}
  checkDeleteOptions(options)
  warnOfOrphans(call, options)
  const { stored, removed } = await rest.delete(keyOf(call), options, deleteScope(call, context))
  const code = !removed && options.orphanDependents === false ? 202 : 200
  if (removed && !answersWithObject.has(kind.qualifiedResource))
    return { type: 'computed', code, object: deletedStatus(kind, stored.object), schema: 'meta.v1.Status' }
  return { type: 'stored', code, stored, kind }
}

export async function removeCollection(call: Call, context: WriteContext): Promise<Outcome> {
  const { rest, kind, request } = call
  const [options, listOptions] = [request.delete ?? {}, request.list ?? {}]
  checkDeleteOptions(options)
  checkListOptions(listOptions, false)
  selectionOf(kind, request.namespace, listOptions)
  warnOfOrphans(call, options)
  const list = await rest.deleteCollection(namespaceOf(call), options, listOptions, deleteScope(call, context))
  return { type: 'list', code: 200, list, kind }
}
