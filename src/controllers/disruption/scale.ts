/** How many pods the controller of a pod wants: a built-in one by its own word, any other by its scale subresource. */
import { deployment, replicaSet, statefulSet } from '../../apis/apps-v1/index.js'
import { replicationController } from '../../apis/core-v1/index.js'
import type { Scale } from '../../apis/generated/autoscaling-v1.js'
import type { Pod } from '../../apis/generated/core-v1.js'
import type { Client } from '../../client/client.js'
import type { KindRef } from '../../machinery/kind.js'
import type { KubernetesObject, OwnerReference } from '../../machinery/object-meta.js'
import { isReason, StatusError } from '../../machinery/status-error.js'
import type { Cache } from '../runtime/cache.js'
import type { ReconcileContext } from '../runtime/controller.js'
import { apiVersionOf, controllerRefOf, refersTo } from '../runtime/owner.js'
import { knownResources } from '../runtime/served-resources.js'

type Scaled = KubernetesObject & { spec?: { replicas?: number } }

const builtIn = [replicaSet, statefulSet, replicationController] as readonly KindRef[] as readonly KindRef<Scaled>[]

/** Kinds whose objects are read from caches. */
export const scaledKinds: readonly KindRef[] = [deployment, ...builtIn]

interface WantedPods {
  /** Of whoever wants them. */
  uid: string
  replicas: number
}

/** The controller itself, or the Deployment above it. */
function scaleOfBuiltIn(
  reference: OwnerReference,
  namespace: string | undefined,
  cache: Cache,
): WantedPods | undefined {
  const kind = builtIn.find(each => refersTo(reference, each))
  const owner = kind && cache.get(kind, { namespace, name: reference.name })
  if (owner?.metadata.uid !== reference.uid) return undefined
  const above = controllerRefOf(owner)
  const parent = above && refersTo(above, deployment) && cache.get(deployment, { namespace, name: above.name })
  const scaled: Scaled = parent && parent.metadata.uid === above.uid ? parent : owner
  return { uid: scaled.metadata.uid ?? '', replicas: scaled.spec?.replicas ?? 1 }
}

/** The path itself is unknown, not only an object. */
const isUnserved = (error: unknown) =>
  error instanceof StatusError && error.status.reason === 'NotFound' && error.status.details?.name === undefined

/** Throws in upstream's words where the kind is not known or has no scale. */
async function scaleBySubresource(
  { apiVersion, kind, name, uid }: OwnerReference,
  namespace: string | undefined,
  client: Client,
): Promise<WantedPods | undefined> {
  const { served } = await knownResources(client)
  const resource = served.find(
    each => apiVersionOf(each) === apiVersion && each.kind === kind && !each.names.plural.includes('/'),
  )
  if (!resource) throw new Error(`no matches for kind "${kind}" in version "${apiVersion}"`)
  try {
    const scaled = resource as unknown as KindRef<Scale>
    const { metadata, spec } = await client.get(scaled, { namespace, name }, { subresource: 'scale' })
    return metadata.uid === uid ? { uid, replicas: spec?.replicas ?? 0 } : undefined
  } catch (error) {
    const { group, names } = resource
    if (isUnserved(error))
      throw new Error(`${group ? `${names.plural}.${group}` : names.plural} does not implement the scale subresource`)
    if (isReason(error, 'NotFound')) return undefined
    throw error
  }
}

/** Throws where nothing can be said. */
export async function wantedPods(
  reference: OwnerReference,
  pod: Pod,
  { cache, client }: ReconcileContext,
): Promise<WantedPods> {
  const { namespace, name } = pod.metadata
  const found = scaleOfBuiltIn(reference, namespace, cache) ?? (await scaleBySubresource(reference, namespace, client))
  if (!found) throw new Error(`found no controllers for pod "${name}"`)
  return found
}
