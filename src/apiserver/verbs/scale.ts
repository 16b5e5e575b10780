/** The `scale` subresource: reads and sets the wanted number of whatever can be scaled. */
import { invalid } from '../../machinery/field-error.js'
import { stringifyJson } from '../../machinery/json/stringify.js'
import { type AnyKind, defineKind } from '../../machinery/kind.js'
import type { AnyObject } from '../../machinery/object-meta.js'
import { getPath, setPath } from '../../machinery/paths.js'
import { conflict, invalidObject, notFound, objectModified } from '../../machinery/status-error.js'
import { ageColumn } from '../../machinery/table.js'
import type { StoredObject } from '../../registry/rest.js'
import { type Call, ensureName, ensureNamespace, keyOf, namespaceOf, type WriteContext, writeScope } from './call.js'
import { type BodyType, decodeBody } from './decode-body.js'
import { checkWriteOptions } from './options.js'
import type { Outcome } from './outcome.js'

interface Scale extends AnyObject {
  spec: { replicas?: number }
  status: { replicas: number }
}

const scaleKind = defineKind<Scale>({
  group: 'autoscaling',
  version: 'v1',
  kind: 'Scale',
  scope: 'Namespaced',
  names: { plural: 'scales' },
  schema: 'autoscaling.v1.Scale',
  printerColumns: [
    { name: 'Desired', type: 'integer', of: ({ spec }) => spec.replicas ?? 0 },
    { name: 'Available', type: 'integer', of: ({ status }) => status.replicas },
    ageColumn,
  ],
})

export const scaleType: BodyType = scaleKind

const numberAt = (object: AnyObject, path: string) => (getPath(object, path) as number | undefined) ?? 0

/** The Scale of an object as it is stored. */
export function scaleOf(kind: AnyKind, object: AnyObject): AnyObject {
  const { replicas, current, selector } = kind.subresources.scale!
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  const text = selector(object)
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, ...(namespace && { namespace }), uid, resourceVersion, creationTimestamp },
    spec: { ...(numberAt(object, replicas) && { replicas: numberAt(object, replicas) }) },
    status: { replicas: numberAt(object, current), ...(text && { selector: text }) },
  }
}

function answer(kind: AnyKind, { object: scaled, revision }: StoredObject): Outcome {
  const object = scaleOf(kind, scaled)
  const stored = { object, revision, bytes: Buffer.from(stringifyJson(object)) }
  return { type: 'stored', code: 200, kind: scaleKind, stored }
}

export async function getScale(call: Call): Promise<Outcome> {
  return answer(call.kind, await call.rest.get(keyOf(call)))
}

/** Stores what `change` makes of the Scale at hand. */
export async function writeScale(
  call: Call,
  context: WriteContext,
  change: (scale: AnyObject) => AnyObject | Promise<AnyObject>,
): Promise<Outcome> {
  const { rest, kind } = call
  const name = call.request.name ?? ''
  const transform = async (current: AnyObject | undefined) => {
    if (!current) throw notFound(kind, name)
    const wanted = (await change(scaleOf(kind, current))) as Scale
    ensureName(wanted, name)
    const { resourceVersion, uid } = wanted.metadata
    if (resourceVersion && resourceVersion !== current.metadata.resourceVersion)
      throw conflict(kind, name, objectModified)
    if (uid && uid !== current.metadata.uid)
      throw conflict(
        kind,
        name,
        `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.metadata.uid}`,
      )
    const replicas = wanted.spec?.replicas ?? 0
    if (replicas < 0)
      throw invalidObject(scaleType, name, [invalid('spec.replicas', replicas, 'must be greater than or equal to 0')])
    setPath(current, kind.subresources.scale!.replicas, replicas)
    return current
  }
  const { stored } = await rest.update(keyOf(call), transform, writeScope(call, context))
  return answer(kind, stored)
}

export function updateScale(call: Call, context: WriteContext): Promise<Outcome> {
  const { request } = call
  checkWriteOptions(request.write ?? {}, 'UpdateOptions')
  const wanted = decodeBody(context.schemas, scaleType, request)
  ensureNamespace(wanted, namespaceOf(call))
  return writeScale(call, context, () => wanted)
}
