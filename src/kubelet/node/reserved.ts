/** What of a machine pods are not given: for the system, for the kubelet, and as a margin before pods are evicted. Pure. */
import { formatQuantity, quantityMilliValue, quantityOf, quantityValue } from '../../machinery/quantity.js'
import { amountOf, type Threshold } from '../eviction/thresholds.js'
import type { Machine } from './machine.js'

export interface Reservations {
  /** By resource: `cpu`, `memory`, `ephemeral-storage`. */
  system: Readonly<Record<string, string>>
  kube: Readonly<Record<string, string>>
  thresholds: readonly Threshold[]
}

/** Bytes, but milli-units of cpu. */
export interface Reserved {
  cpu: number
  memory: number
  'ephemeral-storage': number
}

export function reservedOf({ memory, disk }: Pick<Machine, 'memory' | 'disk'>, reservations: Reservations): Reserved {
  const { system, kube, thresholds } = reservations
  const margin = (signal: Threshold['signal'], capacity: number) => {
    const hard = thresholds.find(threshold => threshold.signal === signal && threshold.graceMs === 0)
    return hard ? amountOf(hard, capacity) : 0
  }
  const of = (resource: string) => quantityValue(system[resource] ?? '0') + quantityValue(kube[resource] ?? '0')
  return {
    cpu: quantityMilliValue(system.cpu ?? '0') + quantityMilliValue(kube.cpu ?? '0'),
    memory: of('memory') + margin('memory.available', memory),
    'ephemeral-storage': of('ephemeral-storage') + margin('nodefs.available', disk),
  }
}

/** What is left of a quantity; never less than nothing. */
export function without(resource: keyof Reserved, capacity: string, reserved: Reserved): string {
  if (reserved[resource] === 0) return capacity
  if (resource === 'cpu')
    return formatQuantity(quantityOf(Math.max(0, quantityMilliValue(capacity) - reserved.cpu), -3))
  const left = Math.max(0, Math.floor(quantityValue(capacity) - reserved[resource]))
  return resource === 'memory' ? formatQuantity(quantityOf(left, 0, 'BinarySI')) : String(left)
}
