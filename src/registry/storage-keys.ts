/** Where objects lie in the store: keys as upstream's, so that tools and other API servers on one etcd find them. */
import type { AnyKind } from '../machinery/kind.js'
import type { ObjectKey } from '../machinery/object-meta.js'
import { badRequest } from '../machinery/status-error.js'

const root = '/registry/'

/** Resources that upstream keeps under another name than their plural. */
const special: Readonly<Record<string, string>> = {
  replicationcontrollers: 'controllers',
  nodes: 'minions',
  services: 'services/specs',
  endpoints: 'services/endpoints',
  'ingresses.networking.k8s.io': 'ingress',
}

/** Groups whose resources lie directly below the root; all others have a directory of their group. */
const builtInGroups: ReadonlySet<string> = new Set([
  '',
  'admissionregistration.k8s.io',
  'apps',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'coordination.k8s.io',
  'discovery.k8s.io',
  'events.k8s.io',
  'flowcontrol.apiserver.k8s.io',
  'networking.k8s.io',
  'node.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'resource.k8s.io',
  'scheduling.k8s.io',
  'storage.k8s.io',
])

/** Of all keys of the kind; ends in '/'. */
export function keyPrefix({ group, names, qualifiedResource }: AnyKind): string {
  const path = special[qualifiedResource] ?? (builtInGroups.has(group) ? names.plural : `${group}/${names.plural}`)
  return `${root}${path}/`
}

function pathSegmentErrors(name: string): string[] {
  if (name === '.' || name === '..') return [`may not be '${name}'`]
  return ['/', '%'].filter(part => name.includes(part)).map(part => `may not contain '${part}'`)
}

/** Of one object. Throws upstream's 400 for a name that would leave the prefix. */
export function storageKey(prefix: string, kind: AnyKind, { name, namespace }: ObjectKey): string {
  const errors = pathSegmentErrors(name)
  if (!name) throw badRequest('Name parameter required.')
  if (errors.length) throw badRequest(`Name parameter invalid: ${JSON.stringify(name)}: ${errors.join(';')}`)
  if (kind.scope === 'Cluster') return prefix + name
  if (!namespace) throw badRequest('Namespace parameter required.')
  return `${prefix}${namespace}/${name}`
}
