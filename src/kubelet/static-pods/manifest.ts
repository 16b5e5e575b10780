/** Reads a static pod out of a file: upstream's names, uids and annotations. Pure. */
import { createHash } from 'node:crypto'
import type { Pod } from '../../apis/generated/core-v1.js'

const configHashAnnotation = 'kubernetes.io/config.hash'
const configSourceAnnotation = 'kubernetes.io/config.source'
export const mirrorAnnotation = 'kubernetes.io/config.mirror'

export interface Manifest {
  /** Part of the identity: the same pod in two files is two pods. */
  path: string
  text: string
  nodeName: string
  /** Milliseconds since the epoch; told as when the pod was first seen. */
  seen: number
}

/** `parse`: YAML or JSON. Throws an Error that says what is wrong. */
export function staticPodOf({ path, text, nodeName, seen }: Manifest, parse: (text: string) => unknown): Pod {
  const pod = parse(text) as Pod | undefined
  if (pod?.kind !== 'Pod' || pod.apiVersion !== 'v1')
    throw new Error(`invalid pod: ${pod?.apiVersion ?? ''} ${pod?.kind ?? 'nothing'} is not a v1 Pod`)
  if (!pod.metadata?.name || !pod.spec?.containers?.length)
    throw new Error('invalid pod: it needs a name and containers')
  const hash = createHash('md5').update(JSON.stringify(pod)).update(`host:${nodeName}file:${path}`).digest('hex')
  const uid = pod.metadata.uid || hash
  const { annotations, ...metadata } = pod.metadata
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...metadata,
      name: `${metadata.name}-${nodeName.toLowerCase()}`,
      namespace: metadata.namespace || 'default',
      uid,
      annotations: {
        ...annotations,
        [configHashAnnotation]: uid,
        'kubernetes.io/config.seen': new Date(seen).toISOString(),
        [configSourceAnnotation]: 'file',
      },
    },
    spec: {
      ...pod.spec,
      nodeName,
      // Static pods stay when the node has problems.
      tolerations: [...(pod.spec.tolerations ?? []), { operator: 'Exists', effect: 'NoExecute' }],
    },
  }
}

/** The object that stands for a static pod in the API; the node owns it. */
export function mirrorOf(pod: Pod, node: { name: string; uid: string }): Pod {
  const { uid = '', annotations, ...metadata } = pod.metadata
  const owner = { apiVersion: 'v1', kind: 'Node', name: node.name, uid: node.uid, controller: true }
  return {
    ...pod,
    metadata: { ...metadata, annotations: { ...annotations, [mirrorAnnotation]: uid }, ownerReferences: [owner] },
  }
}

/** What runs is the static pod: with the defaults and status that its mirror has, and an identity of its own. */
export function asStatic(mirror: Pod): Pod {
  const { deletionTimestamp: _, deletionGracePeriodSeconds: __, annotations = {}, ...metadata } = mirror.metadata
  const { [mirrorAnnotation]: uid, ...others } = annotations
  return { ...mirror, metadata: { ...metadata, uid: uid!, annotations: others } }
}
