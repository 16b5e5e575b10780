/** What is found wrong with node ports, under upstream's names. */
import { registerComputed } from '../../telemetry/computed-metric.js'
import type { MetricRegistry } from '../../telemetry/metrics.js'

export interface RepairMetrics {
  /** Something was wrong with a port. */
  found(error: string): void
  /** A look failed. */
  failed(): void
}

export function newRepairMetrics(metrics: MetricRegistry): RepairMetrics {
  const errors = new Map<string, number>()
  let failures = 0
  registerComputed(metrics, {
    name: 'apiserver_nodeport_repair_port_errors_total',
    help: '[ALPHA] Number of errors detected on ports by the repair loop broken down by type of error: leak, repair, full, outOfRange, duplicate, unknown',
    type: 'counter',
    values: () => [...errors].map(([type, value]) => ({ labels: { type }, value })),
  })
  registerComputed(metrics, {
    name: 'apiserver_nodeport_repair_reconcile_errors_total',
    help: '[ALPHA] Number of reconciliation failures on the nodeport repair reconcile loop',
    type: 'counter',
    values: () => [{ labels: {}, value: failures }],
  })
  return {
    found: error => void errors.set(error, (errors.get(error) ?? 0) + 1),
    failed: () => void failures++,
  }
}
