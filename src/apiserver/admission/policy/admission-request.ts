/** What expressions and webhooks are told of a request, as JSON. */
import type { AnyKind } from '../../../machinery/kind.js'
import type { AnyObject } from '../../../machinery/object-meta.js'
import type { AdmissionAttributes } from '../admission.js'

const gvk = ({ group, version, kind }: AnyKind) => ({ group, version, kind })
const gvr = ({ group, version, names }: AnyKind) => ({ group, version, resource: names.plural })

/** AdmissionRequest without its objects; `as` is the kind in whose version they are given. */
export function admissionRequest(attributes: AdmissionAttributes, as: AnyKind): Record<string, unknown> {
  const { kind, subresource, name, namespace, operation, user, dryRun, options } = attributes
  return {
    kind: gvk(as),
    resource: gvr(as),
    ...(subresource && { subResource: subresource, requestSubResource: subresource }),
    requestKind: gvk(kind),
    requestResource: gvr(kind),
    ...(name && { name }),
    ...(namespace && { namespace }),
    operation,
    userInfo: {
      username: user.name,
      ...(user.uid && { uid: user.uid }),
      groups: user.groups,
      ...(user.extra && { extra: user.extra }),
    },
    dryRun,
    options: options ?? null,
  }
}

const shownMetadata = new Set(
  ['name', 'generateName', 'namespace', 'uid', 'resourceVersion', 'generation', 'creationTimestamp'].concat([
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
    'labels',
    'annotations',
    'finalizers',
  ]),
)

/** Of a namespace, what expressions may see. */
export function shownNamespace({ metadata, spec, status }: AnyObject): AnyObject {
  const entries = Object.entries(metadata).filter(([name]) => shownMetadata.has(name))
  return { metadata: Object.fromEntries(entries), spec, status }
}
