/** The kubelet's flags as its configuration. */
import { resolve } from 'node:path'
import type { KubeletConfig } from '../kubelet/kubelet.js'
import type { KubeletFlags } from './kubelet-flags.js'

/** Throws UsageError with a sentence that says what to change. */
export function readKubeletConfig(flags: KubeletFlags): Partial<KubeletConfig> {
  const path = flags['pod-manifest-path']
  return { ...(path && { podManifestPath: resolve(path) }) }
}
