/** The subresources that are no view of their object: what they are called, which kind they take and which verbs they know. */
import type { AnyKind } from '../../machinery/kind.js'

export interface SubresourceInfo {
  name: string
  /** Of the body or the options; group and version are those of the resource unless given. */
  kind: string
  group?: string
  version?: string
  verbs: readonly string[]
}

const streamVerbs = ['create', 'get']
const proxyVerbs = ['create', 'delete', 'get', 'patch', 'update']
const viewVerbs = ['get', 'patch', 'update']

/** By qualified resource. */
const special: Readonly<Record<string, readonly SubresourceInfo[]>> = {
  pods: [
    { name: 'attach', kind: 'PodAttachOptions', verbs: streamVerbs },
    { name: 'binding', kind: 'Binding', verbs: ['create'] },
    { name: 'eviction', kind: 'Eviction', group: 'policy', version: 'v1', verbs: ['create'] },
    { name: 'exec', kind: 'PodExecOptions', verbs: streamVerbs },
    { name: 'log', kind: 'Pod', verbs: ['get'] },
    { name: 'portforward', kind: 'PodPortForwardOptions', verbs: streamVerbs },
    { name: 'proxy', kind: 'PodProxyOptions', verbs: proxyVerbs },
  ],
  services: [{ name: 'proxy', kind: 'ServiceProxyOptions', verbs: proxyVerbs }],
  nodes: [{ name: 'proxy', kind: 'NodeProxyOptions', verbs: proxyVerbs }],
  serviceaccounts: [
    { name: 'token', kind: 'TokenRequest', group: 'authentication.k8s.io', version: 'v1', verbs: ['create'] },
  ],
}

/** All subresources of a kind, by name. */
export function subresourcesOf(kind: AnyKind): SubresourceInfo[] {
  const { status, scale, views = {} } = kind.subresources
  const found: SubresourceInfo[] = [...(special[kind.qualifiedResource] ?? [])]
  if (status) found.push({ name: 'status', kind: kind.kind, verbs: status.verbs ?? viewVerbs })
  if (scale) found.push({ name: 'scale', kind: 'Scale', group: 'autoscaling', version: 'v1', verbs: viewVerbs })
  for (const [name, { verbs }] of Object.entries(views))
    found.push({ name, kind: kind.kind, verbs: verbs ?? viewVerbs })
  return kind.custom ? found : found.sort((a, b) => (a.name < b.name ? -1 : 1))
}

const remembered = new WeakMap<AnyKind, Map<string, SubresourceInfo>>()

/** One subresource of a kind; undefined when it has none of that name. */
export function findSubresource(kind: AnyKind, name: string): SubresourceInfo | undefined {
  let map = remembered.get(kind)
  if (!map) {
    map = new Map(subresourcesOf(kind).map(info => [info.name, info]))
    remembered.set(kind, map)
  }
  return map.get(name)
}

/** Subresources that open a stream or a proxy to a node: the HTTP layer answers them. */
export const connectSubresources: ReadonlySet<string> = new Set(['attach', 'exec', 'portforward', 'log', 'proxy'])
