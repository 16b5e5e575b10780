/** The workload that an autoscaler scales, through its scale subresource. */
import type { Scale } from '../../apis/generated/autoscaling-v1.js'
import type { CrossVersionObjectReference } from '../../apis/generated/autoscaling-v2.js'
import type { Client } from '../../client/client.js'
import type { ServedResource } from '../../client/in-process.js'
import type { KindRef } from '../../machinery/kind.js'
import type { ObjectKey } from '../../machinery/object-meta.js'
import { isReason } from '../../machinery/status-error.js'

export interface ScaleTarget {
  kind: KindRef<Scale>
  scale: Scale
}

/** Rejects, in client-go's words where the kind is not known. */
export async function findScale(
  { apiVersion = '', kind, name }: CrossVersionObjectReference,
  namespace: string,
  { client, served }: { client: Client; served: readonly ServedResource[] },
): Promise<ScaleTarget> {
  const parts = apiVersion.split('/')
  if (parts.length > 2) throw new Error(`unexpected GroupVersion string: ${apiVersion}`)
  const group = parts.length === 2 ? (parts[0] ?? '') : ''
  const resource = served.find(each => each.group === group && each.kind === kind && !each.names.plural.includes('/'))
  if (!resource) throw new Error(`no matches for kind ${JSON.stringify(kind)} in group ${JSON.stringify(group)}`)
  const scaled = resource as unknown as KindRef<Scale>
  return { kind: scaled, scale: await client.get(scaled, { namespace, name }, { subresource: 'scale' }) }
}

const maxTries = 5

/** Somebody else may write at the same time; the number wanted stays the same. */
export async function writeScale({ kind, scale }: ScaleTarget, replicas: number, client: Client): Promise<void> {
  let latest = scale
  for (let attempt = 1; ; attempt++) {
    try {
      await client.updateSubresource(kind, { ...latest, spec: { ...latest.spec, replicas } }, 'scale')
      return
    } catch (error) {
      if (!isReason(error, 'Conflict') || attempt === maxTries) throw error
      latest = await client.get(kind, scale.metadata as ObjectKey, { subresource: 'scale' })
    }
  }
}
