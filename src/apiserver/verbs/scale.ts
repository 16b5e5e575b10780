/** The `scale` subresource: reads and sets the wanted number of whatever can be scaled. */
import { parentEntries, type ScaleParent, scaleEntries } from '../../machinery/apply/scale-managers.js'
import { cloneJson } from '../../machinery/clone.js'
import { invalid } from '../../machinery/field-error.js'
import { stringifyJson } from '../../machinery/json/stringify.js'
import { type AnyKind, defineKind } from '../../machinery/kind.js'
import type { AnyObject, ManagedFieldsEntry } from '../../machinery/object-meta.js'
import { getPath, setPath } from '../../machinery/paths.js'
import { conflict, invalidObject, notFound, objectModified } from '../../machinery/status-error.js'
import { ageColumn } from '../../machinery/table.js'
import type { StoredObject } from '../../registry/rest.js'
import { type Call, ensureName, ensureNamespace, keyOf, namespaceOf, type WriteContext, writeScope } from './call.js'
import { type BodyType, decodeBody } from './decode-body.js'
import { trackWrite } from './field-manager.js'
import { checkWriteOptions } from './options.js'
import type { Outcome } from './outcome.js'

interface Scale extends AnyObject {
  spec: { replicas?: number }
  status: { replicas: number; selector?: unknown }
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

const selectorIsText =
  'json: cannot unmarshal string into Go struct field ScaleStatus.status.selector of type map[string]string'

/** Of what the subresource takes and gives. */
export const scaleType: AnyKind & BodyType = {
  ...scaleKind,
  older: {
    apiVersions: ['extensions/v1beta1', 'apps/v1beta1', 'apps/v1beta2'],
    flaw: document => (typeof (document as Partial<Scale>).status?.selector === 'string' ? selectorIsText : undefined),
  },
}

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

/** Who owns the number of replicas is kept with the scaled object. */
const parentOf = ({ apiVersion, subresources }: AnyKind): ScaleParent => ({
  apiVersion,
  replicasIn: version => (version === apiVersion ? subresources.scale!.replicas : undefined),
})

function checkPreconditions(kind: AnyKind, { metadata }: Scale, current: AnyObject): void {
  const { resourceVersion, uid } = metadata
  const name = current.metadata.name ?? ''
  if (resourceVersion && resourceVersion !== current.metadata.resourceVersion)
    throw conflict(kind, name, objectModified)
  if (uid && uid !== current.metadata.uid)
    throw conflict(
      { group: kind.group, names: { ...kind.names, plural: `${kind.names.plural}/scale` } },
      name,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.metadata.uid}`,
    )
}

/** Makes the wanted Scale of the one at hand, which may be changed; `live` is the same and may not. */
type ScaleChange = (scale: AnyObject, live: AnyObject) => AnyObject | Promise<AnyObject>

/** Stores what `change` makes of the Scale at hand. */
export async function writeScale(call: Call, context: WriteContext, change: ScaleChange): Promise<Outcome> {
  const { rest, kind } = call
  const name = call.request.name ?? ''
  const parent = parentOf(kind)
  const transform = async (current: AnyObject | undefined) => {
    if (!current) throw notFound(kind, name)
    const owners = scaleEntries(parent, current.metadata.managedFields)
    const scale = () => withOwners(scaleOf(kind, current), owners)
    const wanted = (await change(scale(), scale())) as Scale
    ensureName(wanted, name)
    checkPreconditions(kind, wanted, current)
    const replicas = wanted.spec?.replicas ?? 0
    if (replicas < 0 && !kind.custom)
      throw invalidObject(scaleType, name, [invalid('spec.replicas', replicas, 'must be greater than or equal to 0')])
    setPath(current, kind.subresources.scale!.replicas, replicas)
    const entries = parentEntries(parent, current.metadata.managedFields, wanted.metadata.managedFields)
    return withOwners(current, entries)
  }
  const { stored } = await rest.update(keyOf(call), transform, writeScope(call, context))
  return answer(kind, stored)
}

function withOwners(object: AnyObject, managedFields: ManagedFieldsEntry[] | undefined): AnyObject {
  delete object.metadata.managedFields
  if (managedFields) object.metadata.managedFields = managedFields
  return object
}

export function updateScale(call: Call, context: WriteContext): Promise<Outcome> {
  const { request } = call
  checkWriteOptions(request.write ?? {}, 'UpdateOptions')
  const wanted = decodeBody(context.schemas, scaleType, request)
  ensureNamespace(wanted, namespaceOf(call))
  return writeScale(call, context, (_scale, live) => {
    const object = cloneJson(wanted)
    trackWrite(context, { kind: scaleType, request, live, object, document: request.body })
    return object
  })
}
