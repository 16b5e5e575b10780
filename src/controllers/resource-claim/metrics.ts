/** What is counted about ResourceClaims, under upstream's names. */
import type { ResourceClaim } from '../../apis/generated/resource-v1.js'
import { resourceClaim } from '../../apis/resource-v1/index.js'
import { type MetricValue, registerComputed } from '../../telemetry/computed-metric.js'
import { Counter, type MetricRegistry } from '../../telemetry/metrics.js'
import { Tally } from '../../telemetry/tally.js'
import type { Cache } from '../runtime/cache.js'

const wantsAdminAccess = ({ spec }: ResourceClaim): string =>
  String((spec.devices?.requests ?? []).some(({ exactly }) => exactly?.adminAccess === true))

function countClaims(claims: readonly ResourceClaim[]): MetricValue[] {
  const tally = new Tally()
  for (const claim of claims)
    tally.add({ allocated: String(claim.status?.allocation !== undefined), admin_access: wantsAdminAccess(claim) })
  return tally.values
}

export class ClaimMetrics {
  private readonly creates: Counter<'status' | 'admin_access'>

  constructor(registry: MetricRegistry, cache: Cache) {
    this.creates = new Counter({
      name: 'resourceclaim_controller_creates_total',
      help: '[ALPHA] Number of ResourceClaims creation requests, categorized by creation status and admin access',
      labelNames: ['status', 'admin_access'],
      registers: [registry],
    })
    registerComputed(registry, {
      name: 'resourceclaim_controller_resource_claims',
      help: '[ALPHA] Number of ResourceClaims, categorized by allocation status and admin access',
      type: 'gauge',
      values: () => countClaims(cache.list(resourceClaim)),
    })
  }

  /** A claim was asked for. */
  created(claim: ResourceClaim, status: 'success' | 'failure'): void {
    this.creates.inc({ status, admin_access: wantsAdminAccess(claim) })
  }
}
