/** Node is a machine that runs pods. */
import { defineKind } from '../../machinery/kind.js'
import type { Node } from '../generated/core-v1.js'
import { age } from '../printing/age.js'
import { orNone } from '../printing/placeholder.js'
import { cidrWarnings } from '../validation/ip.js'
import { validateNode, validateNodeUpdate } from './node-validation.js'
import { canonicalResourceList } from './resource-list.js'

const rolePrefix = 'node-role.kubernetes.io/'
const roleLabel = 'kubernetes.io/role'

const addressesDescription =
  "List of addresses reachable to the node. Queried from cloud provider, if available. More info: https://kubernetes.io/docs/reference/node/node-status/#addresses Note: This field is declared as mergeable, but the merge key is not sufficiently unique, which can cause data corruption when it is merged. Callers should instead use a full-replacement patch. See https://pr.k8s.io/79391 for an example. Consumers should assume that addresses can change during the lifetime of a Node. However, there are some exceptions where this may not be possible, such as Pods that inherit a Node's address in its own status or consumers of the downward API (status.hostIP)."

/** The list and the older singular field hold the same first CIDR. */
function syncPodCidr({ spec }: Node): void {
  if (spec.podCIDR && spec.podCIDRs?.[0] !== spec.podCIDR) spec.podCIDRs = [spec.podCIDR]
  else if (spec.podCIDRs?.[0]) spec.podCIDR = spec.podCIDRs[0]
}

/** Of `node-role.kubernetes.io/<role>` and `kubernetes.io/role=<role>`, sorted. */
function roles({ metadata }: Node): string {
  const found = Object.entries(metadata.labels ?? {}).map(([key, value]) =>
    key.startsWith(rolePrefix) ? key.slice(rolePrefix.length) : key === roleLabel ? value : '',
  )
  return orNone([...new Set(found.filter(Boolean))].sort().join(','))
}

function statusText({ spec, status }: Node): string {
  const ready = status?.conditions?.findLast(condition => condition.type === 'Ready')
  const health = ready ? (ready.status === 'True' ? 'Ready' : 'NotReady') : 'Unknown'
  return spec.unschedulable ? `${health},SchedulingDisabled` : health
}

const addressOf = (node: Node, type: string) =>
  node.status?.addresses?.find(address => address.type === type)?.address ?? '<none>'

export const node = defineKind<Node>({
  group: '',
  version: 'v1',
  kind: 'Node',
  scope: 'Cluster',
  names: { plural: 'nodes', shortNames: ['no'] },

  setDefaults(object) {
    syncPodCidr(object)
    const { status } = object
    if (!status) return
    canonicalResourceList(status.capacity)
    canonicalResourceList(status.allocatable)
    if (status.capacity) status.allocatable ??= { ...status.capacity }
  },
  updateChecks: ['meta', 'spec', 'metaUpdate', 'change'],
  *validate(object, { subresource }) {
    if (!subresource) yield* validateNode(object)
  },
  *validateUpdate(object, old, { subresource }) {
    if (!subresource) yield* validateNodeUpdate(object, old)
  },
  warnings: ({ spec }) => [
    ...(spec.configSource ? ['spec.configSource: the feature is removed'] : []),
    ...(spec.externalID ? ['spec.externalID: this field is deprecated, and is unused by Kubernetes'] : []),
    ...(spec.podCIDRs ?? []).flatMap((cidr, i) => cidrWarnings(cidr, `spec.podCIDRs[${i}]`)),
  ],

  strategy: {
    bumpGenerationOn: [],
    // A kubelet registers its node with all that it knows of it.
    keepStatusOnCreate: true,
    prepareForCreate({ spec, status }) {
      delete spec.configSource
      delete status?.config
    },
    prepareForUpdate({ spec, status }, old, { subresource }) {
      if (!subresource && !old.spec.configSource) delete spec.configSource
      if (subresource === 'status' && !old.status?.config) delete status?.config
    },
  },
  subresources: { status: { validateUpdate: validateNodeUpdate } },
  printerColumns: [
    { name: 'Status', description: 'The status of the node', of: statusText },
    { name: 'Roles', description: 'The roles of the node', of: roles },
    age,
    {
      name: 'Version',
      description: 'Kubelet Version reported by the node.',
      of: ({ status }) => status?.nodeInfo?.kubeletVersion ?? '',
    },
    { name: 'Internal-IP', wide: true, description: addressesDescription, of: n => addressOf(n, 'InternalIP') },
    { name: 'External-IP', wide: true, description: addressesDescription, of: n => addressOf(n, 'ExternalIP') },
    {
      name: 'OS-Image',
      wide: true,
      description: 'OS Image reported by the node from /etc/os-release (e.g. Debian GNU/Linux 7 (wheezy)).',
      of: ({ status }) => status?.nodeInfo?.osImage || '<unknown>',
    },
    {
      name: 'Kernel-Version',
      wide: true,
      description: "Kernel Version reported by the node from 'uname -r' (e.g. 3.16.0-0.bpo.4-amd64).",
      of: ({ status }) => status?.nodeInfo?.kernelVersion || '<unknown>',
    },
    {
      name: 'Container-Runtime',
      wide: true,
      description:
        'ContainerRuntime Version reported by the node through runtime remote API (e.g. containerd://1.4.2).',
      of: ({ status }) => status?.nodeInfo?.containerRuntimeVersion || '<unknown>',
    },
  ],
  selectableFields: { 'spec.unschedulable': ({ spec }) => `${spec.unschedulable ?? false}` },
})
