/** Flags of the nodes' kubelets, by the kubelet's names; they hold for every node. */

/** A row as in flags.ts; all of these take a value. */
interface KubeletFlag {
  value: string
  help: string
  default?: string
}

/**
 * Upstream takes a tenth of the disk. Disks of laptops are often fuller than that, and their nodes would take no pods; kind and minikube
 * switch it off for that reason.
 */
export const defaultEvictionHard = 'memory.available<100Mi,nodefs.available<1Gi,nodefs.inodesFree<1%,pid.available<1%'

export const kubeletFlags = {
  'pod-manifest-path': { value: 'DIR', help: 'run a pod from each file in it, too: static pods' },
  'max-pods': { value: 'N', help: 'pods that a node takes', default: '110' },
  'system-reserved': {
    value: 'LIST',
    help: 'what pods are not given, such as cpu=500m,memory=1Gi,ephemeral-storage=1Gi',
  },
  'kube-reserved': { value: 'LIST', help: 'the same once more, for the kubelet' },
  'eviction-hard': {
    value: 'LIST',
    help: 'when less is left, pods are evicted at once; empty for never',
    default: defaultEvictionHard,
  },
  'eviction-soft': { value: 'LIST', help: 'the same, but only after a while, and with grace' },
  'eviction-soft-grace-period': { value: 'LIST', help: 'how long that is, such as memory.available=1m30s' },
  'eviction-max-pod-grace-period': { value: 'SECONDS', help: 'the longest grace of pods then', default: '0' },
  'eviction-pressure-transition-period': {
    value: 'DURATION',
    help: 'how long a node tells of a pressure after it is over',
    default: '5m0s',
  },
  'eviction-minimum-reclaim': {
    value: 'LIST',
    help: 'what more must be left until a shortage is over, such as nodefs.available=500Mi',
  },
  'image-gc-high-threshold': {
    value: 'PERCENT',
    help: 'how full the disk must be until images go that were pulled and are not used; 100 for never',
    default: '85',
  },
  'image-gc-low-threshold': { value: 'PERCENT', help: 'how full it may be when they have gone', default: '80' },
  'minimum-image-ttl-duration': { value: 'DURATION', help: 'younger images stay', default: '2m0s' },
  'image-maximum-gc-age': {
    value: 'DURATION',
    help: 'what was not used for so long goes anyway; 0s for never',
    default: '0s',
  },
} as const satisfies Record<string, KubeletFlag>

export type KubeletFlagName = keyof typeof kubeletFlags
export type KubeletFlags = Partial<Record<KubeletFlagName, string>>
