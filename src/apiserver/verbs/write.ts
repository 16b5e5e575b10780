/** create and update of whole objects. */
import { cloneJson } from '../../machinery/clone.js'
import type { AnyObject } from '../../machinery/object-meta.js'
import { cloneWithEmpty } from '../../machinery/schema/given-empty.js'
import { notFound } from '../../machinery/status-error.js'
import { type Call, ensureName, ensureNamespace, keyOf, namespaceOf, type WriteContext, writeScope } from './call.js'
import { decodeBody } from './decode-body.js'
import { trackWrite } from './field-manager.js'
import { checkWriteOptions } from './options.js'
import type { Outcome } from './outcome.js'
import { dropRepeatedOwners } from './owner-references.js'

/** What only the server sets; a client may send them back from an export. */
export function wipeSystemFields({ metadata }: AnyObject): void {
  delete metadata.uid
  delete metadata.creationTimestamp
  delete metadata.deletionTimestamp
  delete metadata.deletionGracePeriodSeconds
  delete metadata.selfLink
}

export async function create(call: Call, context: WriteContext): Promise<Outcome> {
  const { request, rest, kind } = call
  checkWriteOptions(request.write ?? {}, 'CreateOptions')
  const object = decodeBody(context.schemas, kind, request)
  wipeSystemFields(object)
  const namespace = namespaceOf(call)
  ensureNamespace(object, namespace)
  dropRepeatedOwners(object, 'sent', request.warn)
  trackWrite(context, { kind, request, live: undefined, object, document: request.body })
  const stored = await rest.create(namespace, object, writeScope(call, context))
  return { type: 'stored', code: 201, stored, kind }
}

/** Also of the subresources that are views of the object, such as `status`. */
export async function update(call: Call, context: WriteContext): Promise<Outcome> {
  const { request, rest, kind } = call
  checkWriteOptions(request.write ?? {}, 'UpdateOptions')
  const object = decodeBody(context.schemas, kind, request)
  ensureNamespace(object, namespaceOf(call))
  ensureName(object, request.name ?? '')
  dropRepeatedOwners(object, 'sent', request.warn)
  // A write without a version may lose a race and be tried again; admission has then already changed its copy.
  const fresh = object.metadata.resourceVersion ? () => object : () => cloneWithEmpty(object, cloneJson)
  const transform = (current: AnyObject | undefined) => {
    if (!current && (request.subresource || !kind.strategy.allowCreateOnUpdate))
      throw notFound(kind, request.name ?? '')
    const wanted = fresh()
    trackWrite(context, { kind, request, live: current, object: wanted, document: request.body })
    return wanted
  }
  const { stored, created } = await rest.update(keyOf(call), transform, writeScope(call, context))
  return { type: 'stored', code: created ? 201 : 200, stored, kind }
}
