/** The kubelet's flags as its configuration. */
import { resolve } from 'node:path'
import { parseReclaim, thresholdsOf } from '../kubelet/eviction/thresholds.js'
import type { ImagePolicy } from '../kubelet/images/pulled-images.js'
import type { KubeletConfig } from '../kubelet/kubelet.js'
import { parseDuration } from '../machinery/duration.js'
import { parseQuantity } from '../machinery/quantity.js'
import { UsageError } from './flags.js'
import { defaultEvictionHard, type KubeletFlagName, type KubeletFlags, kubeletFlags } from './kubelet-flags.js'

const defaultTransition = '5m0s'
const reservable: ReadonlySet<string> = new Set(['cpu', 'memory', 'ephemeral-storage', 'pid'])

/** Mistakes become sentences that name the flag. */
function reading<T>(flag: KubeletFlagName, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw new UsageError(`--${flag}: ${(error as Error).message}`)
  }
}

/** `cpu=500m,memory=1Gi`. */
function parseReserved(text: string): Record<string, string> {
  const entries = text.split(',').filter(Boolean)
  return Object.fromEntries(
    entries.map(entry => {
      const [resource = '', quantity = ''] = entry.split('=')
      if (!reservable.has(resource)) throw new Error(`cannot reserve ${JSON.stringify(resource)}`)
      parseQuantity(quantity)
      return [resource, quantity]
    }),
  )
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`must be a whole number, not ${JSON.stringify(text)}`)
  return Number(text)
}

function evictionOf(flags: KubeletFlags): NonNullable<KubeletConfig['eviction']> {
  const reclaim = reading('eviction-minimum-reclaim', () => parseReclaim(flags['eviction-minimum-reclaim'] ?? ''))
  const thresholds = reading('eviction-hard', () =>
    thresholdsOf({
      hard: flags['eviction-hard'] ?? defaultEvictionHard,
      soft: flags['eviction-soft'] ?? '',
      softGrace: flags['eviction-soft-grace-period'] ?? '',
      reclaim,
    }),
  )
  const transition = flags['eviction-pressure-transition-period'] ?? defaultTransition
  const longest = flags['eviction-max-pod-grace-period'] ?? '0'
  return {
    thresholds,
    transitionMs: reading('eviction-pressure-transition-period', () => parseDuration(transition)),
    maxGraceSeconds: reading('eviction-max-pod-grace-period', () => wholeNumber(longest)),
  }
}

/** Upstream's words. */
function imagePolicyOf(flags: KubeletFlags): ImagePolicy {
  const given = (flag: KubeletFlagName) => flags[flag] ?? (kubeletFlags[flag] as { default?: string }).default ?? ''
  const percent = (flag: KubeletFlagName) =>
    reading(flag, () => {
      const value = wholeNumber(given(flag))
      if (value > 100) throw new Error(`invalid value ${value}: must be in range [0-100]`)
      return value
    })
  const duration = (flag: KubeletFlagName) => reading(flag, () => parseDuration(given(flag)))
  const policy = {
    highPercent: percent('image-gc-high-threshold'),
    lowPercent: percent('image-gc-low-threshold'),
    minimumAgeMs: duration('minimum-image-ttl-duration'),
    maximumAgeMs: duration('image-maximum-gc-age'),
  }
  const { highPercent, lowPercent } = policy
  if (lowPercent >= highPercent)
    throw new UsageError(
      `--image-gc-low-threshold: must be lower than --image-gc-high-threshold (${highPercent}), not ${lowPercent}`,
    )
  return policy
}

/** Throws UsageError with a sentence that says what to change. */
export function readKubeletConfig(flags: KubeletFlags): Partial<KubeletConfig> {
  const { 'pod-manifest-path': path, 'max-pods': maxPods } = flags
  const reserved = (flag: 'system-reserved' | 'kube-reserved') => reading(flag, () => parseReserved(flags[flag] ?? ''))
  return {
    ...(path && { podManifestPath: resolve(path) }),
    ...(maxPods && { capacity: { pods: String(reading('max-pods', () => wholeNumber(maxPods))) } }),
    systemReserved: reserved('system-reserved'),
    kubeReserved: reserved('kube-reserved'),
    eviction: evictionOf(flags),
    imagePolicy: imagePolicyOf(flags),
  }
}
