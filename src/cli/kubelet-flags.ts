/** Flags of the nodes' kubelets, by the kubelet's names; they hold for every node. */

/** A row as in flags.ts; all of these take a value. */
interface KubeletFlag {
  value: string
  help: string
  default?: string
}

export const kubeletFlags = {
  'pod-manifest-path': { value: 'DIR', help: 'run a pod from each file in it, too: static pods' },
} as const satisfies Record<string, KubeletFlag>

export type KubeletFlagName = keyof typeof kubeletFlags
export type KubeletFlags = Partial<Record<KubeletFlagName, string>>
