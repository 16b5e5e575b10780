/** What the server is: its version, its features, and how many metrics it has. */
import { type MetricValue, registerComputed } from '../../telemetry/computed-metric.js'
import type { MetricRegistry } from '../../telemetry/metrics.js'
import type { VersionInfo } from '../version.js'

/** Upstream's feature gates that one can see from outside whether they are on; by stage. */
const features: readonly (readonly [name: string, stage: '' | 'BETA' | 'ALPHA', on: boolean])[] = [
  ['APIServerIdentity', 'BETA', true],
  ['CBORServingAndStorage', 'ALPHA', false],
  ['ConsistentListFromCache', '', true],
  ['CoordinatedLeaderElection', 'BETA', false],
  ['JobBackoffLimitPerIndex', '', true],
  ['JobSuccessPolicy', '', true],
  ['MultiCIDRServiceAllocator', '', true],
  ['ResilientWatchCacheInitialization', '', true],
  ['SizeBasedListCostEstimate', 'BETA', true],
  ['StreamingCollectionEncodingToJSON', '', true],
  ['WatchList', 'BETA', true],
]

const stabilities = ['ALPHA', 'BETA', 'STABLE']

function countByStability(registry: MetricRegistry): MetricValue[] {
  const counts = new Map(stabilities.map(level => [level, 0]))
  for (const { help } of registry.getMetricsAsArray() as unknown as { help: string }[]) {
    const level = /\[(ALPHA|BETA|STABLE)\]/.exec(help)?.[1]
    if (level) counts.set(level, counts.get(level)! + 1)
  }
  return [...counts].map(([level, value]) => ({ labels: { deprecated_version: '', stability_level: level }, value }))
}

export function registerBuildMetrics(registry: MetricRegistry, version: VersionInfo): void {
  const one = (labels: Record<string, string>) => () => [{ labels, value: 1 }]
  const { major, minor, gitVersion, gitCommit, gitTreeState, buildDate, goVersion, compiler, platform } = version
  registerComputed(registry, {
    name: 'kubernetes_build_info',
    help: "[ALPHA] A metric with a constant '1' value labeled by major, minor, git version, git commit, git tree state, build date, Go version, and compiler from which Kubernetes was built, and platform on which it is running.",
    type: 'gauge',
    values: one({
      build_date: buildDate,
      compiler,
      git_commit: gitCommit,
      git_tree_state: gitTreeState,
      git_version: gitVersion,
      go_version: goVersion,
      major,
      minor,
      platform,
    }),
  })
  registerComputed(registry, {
    name: 'version_info',
    help: '[ALPHA] Provides the compatibility version info of the component. The component label is the name of the component, usually kube, but is relevant for aggregated-apiservers.',
    type: 'gauge',
    values: one({
      binary: gitVersion.replace(/^v([0-9.]+).*$/, '$1'),
      component: 'kube',
      emulation: `${version.emulationMajor}.${version.emulationMinor}`,
      min_compat: `${version.minCompatibilityMajor}.${version.minCompatibilityMinor}`,
    }),
  })
  registerComputed(registry, {
    name: 'kubernetes_feature_enabled',
    help: '[BETA] This metric records the data about the stage and enablement of a k8s feature.',
    type: 'gauge',
    values: () => features.map(([name, stage, on]) => ({ labels: { name, stage }, value: Number(on) })),
  })
  registerComputed(registry, {
    name: 'registered_metrics_total',
    help: '[BETA] The count of registered metrics broken by stability level and deprecation version.',
    type: 'counter',
    values: () => countByStability(registry),
  })
}
