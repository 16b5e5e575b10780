/** Which labels a node may put on itself. */

/** Labels of kubernetes.io and k8s.io that belong to the kubelet. */
const kubeletLabels: ReadonlySet<string> = new Set([
  'kubernetes.io/hostname',
  'kubernetes.io/arch',
  'kubernetes.io/os',
  'beta.kubernetes.io/arch',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/instance-type',
  'node.kubernetes.io/instance-type',
  'node.kubernetes.io/windows-build',
  'failure-domain.beta.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone',
])
const kubeletDomains = ['kubelet.kubernetes.io', 'node.kubernetes.io']
const restricted = 'node-restriction.kubernetes.io'

const within = (domain: string, parent: string) => domain === parent || domain.endsWith(`.${parent}`)

function isForbidden(label: string): boolean {
  const slash = label.indexOf('/')
  const domain = slash < 0 ? '' : label.slice(0, slash)
  if (within(domain, restricted)) return true
  if (!within(domain, 'kubernetes.io') && !within(domain, 'k8s.io')) return false
  return !kubeletLabels.has(label) && !kubeletDomains.some(parent => within(domain, parent))
}

/** Labels that differ between the two and that a node may not change, sorted. */
export function forbiddenLabelChanges(
  labels: Readonly<Record<string, string>> = {},
  old: Readonly<Record<string, string>> = {},
): string[] {
  const changed = [...new Set([...Object.keys(labels), ...Object.keys(old)])].filter(key => labels[key] !== old[key])
  return changed.filter(isForbidden).sort()
}
