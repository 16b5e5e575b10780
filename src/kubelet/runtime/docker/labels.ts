/** Names and labels that tell whose a Docker container is: several clusters and nodes share one daemon. */
import type { ContainerConfig, PodRef, SandboxConfig } from '../types.js'

const prefix = 'io.minik8s.'

export const labelNames = {
  cluster: `${prefix}cluster`,
  node: `${prefix}node`,
  podNamespace: `${prefix}pod.namespace`,
  podName: `${prefix}pod.name`,
  podUid: `${prefix}pod.uid`,
  container: `${prefix}container`,
  attempt: `${prefix}attempt`,
  hash: `${prefix}hash`,
  type: `${prefix}type`,
  sandbox: `${prefix}sandbox`,
  image: `${prefix}image`,
  imageRef: `${prefix}image-ref`,
  /** Of the first network: CIDR of all pods. */
  podBlock: `${prefix}pod-block`,
  /** Of the first network: bits of the network of a node. */
  nodeMask: `${prefix}node-mask-size`,
} as const

const annotationPrefix = `${prefix}annotation.`

/** The part of a daemon that one node of one cluster owns. */
export interface Owner {
  cluster: string
  node: string
}

export type Labels = Record<string, string>

/** Docker names begin with a letter or digit and hold no other punctuation than `_.-`. */
const plain = (text: string) => text.replace(/[^a-zA-Z0-9_.-]/g, '-')

/** dockershim's names behind a prefix for the cluster; unique in the daemon. */
export function containerName(cluster: string, container: string, pod: PodRef, attempt: number): string {
  return plain(`minik8s-${cluster}_k8s_${container}_${pod.name}_${pod.namespace}_${pod.uid}_${attempt}`)
}

function podLabels({ cluster, node }: Owner, pod: PodRef, attempt: number): Labels {
  return {
    [labelNames.cluster]: cluster,
    [labelNames.node]: node,
    [labelNames.podNamespace]: pod.namespace,
    [labelNames.podName]: pod.name,
    [labelNames.podUid]: pod.uid,
    [labelNames.attempt]: String(attempt),
  }
}

export function sandboxLabels(owner: Owner, { pod, attempt }: SandboxConfig): Labels {
  return { ...podLabels(owner, pod, attempt), [labelNames.type]: 'sandbox' }
}

export function containerLabels(owner: Owner, pod: PodRef, sandboxId: string, config: ContainerConfig): Labels {
  const labels: Labels = {
    ...podLabels(owner, pod, config.attempt),
    [labelNames.type]: 'container',
    [labelNames.container]: config.name,
    [labelNames.hash]: config.hash,
    [labelNames.sandbox]: sandboxId,
    [labelNames.image]: config.image,
    [labelNames.imageRef]: config.imageRef,
  }
  for (const [key, value] of Object.entries(config.annotations)) labels[annotationPrefix + key] = value
  return labels
}

/** The inverse of what containerLabels wrote. */
export function annotationsOf(labels: Labels): Labels {
  const entries = Object.entries(labels).filter(([key]) => key.startsWith(annotationPrefix))
  return Object.fromEntries(entries.map(([key, value]) => [key.slice(annotationPrefix.length), value]))
}

export function podOf(labels: Labels): PodRef {
  return {
    namespace: labels[labelNames.podNamespace] ?? '',
    name: labels[labelNames.podName] ?? '',
    uid: labels[labelNames.podUid] ?? '',
  }
}

/** Docker's `label` filter for what an owner has; without a node, for the whole cluster. */
export function ownerFilter(cluster: string, node?: string): string[] {
  return [`${labelNames.cluster}=${cluster}`, ...(node === undefined ? [] : [`${labelNames.node}=${node}`])]
}

export const isOwned = (labels: Labels, { cluster, node }: Owner) =>
  labels[labelNames.cluster] === cluster && labels[labelNames.node] === node
