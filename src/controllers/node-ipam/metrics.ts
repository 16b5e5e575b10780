/** What is counted about the CIDRs of nodes, under upstream's names. */
import { Counter, Gauge, Histogram, type MetricRegistry } from '../../telemetry/metrics.js'
import type { CidrSet } from './cidr-set.js'

const prefix = 'node_ipam_controller'
const labelNames = ['clusterCIDR'] as const
type Label = (typeof labelNames)[number]

export class CidrMetrics {
  readonly #allocations: Counter<Label>
  readonly #releases: Counter<Label>
  readonly #most: Gauge<Label>
  readonly #usage: Gauge<Label>
  readonly #tries: Histogram<Label>

  constructor(registry: MetricRegistry) {
    const common = { labelNames, registers: [registry] }
    this.#allocations = new Counter({
      name: `${prefix}_cidrset_cidrs_allocations_total`,
      help: '[ALPHA] Counter measuring total number of CIDR allocations.',
      ...common,
    })
    this.#releases = new Counter({
      name: `${prefix}_cidrset_cidrs_releases_total`,
      help: '[ALPHA] Counter measuring total number of CIDR releases.',
      ...common,
    })
    this.#most = new Gauge({
      // Upstream's spelling.
      name: `${prefix}_cirdset_max_cidrs`,
      help: '[ALPHA] Maximum number of CIDRs that can be allocated.',
      ...common,
    })
    this.#usage = new Gauge({
      name: `${prefix}_cidrset_usage_cidrs`,
      help: '[ALPHA] Gauge measuring percentage of allocated CIDRs.',
      ...common,
    })
    this.#tries = new Histogram({
      name: `${prefix}_cidrset_allocation_tries_per_request`,
      help: '[ALPHA] Number of endpoints added on each Service sync',
      buckets: [1, 5, 25, 125, 625],
      ...common,
    })
  }

  announce({ clusterCidr, size }: CidrSet): void {
    this.#most.set({ clusterCIDR: clusterCidr }, size)
  }

  tried({ clusterCidr }: CidrSet, tries: number): void {
    this.#tries.observe({ clusterCIDR: clusterCidr }, tries)
  }

  /** So many more are taken, or less than zero: free again. */
  changed({ clusterCidr, taken, size }: CidrSet, by: number): void {
    const label = { clusterCIDR: clusterCidr }
    if (by > 0) this.#allocations.inc(label, by)
    if (by < 0) this.#releases.inc(label, -by)
    this.#usage.set(label, taken / size)
  }
}
