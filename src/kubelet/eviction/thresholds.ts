/** Eviction thresholds: read from the kubelet's flags, and compared with what is left. Pure. */
import { parseDuration } from '../../machinery/duration.js'
import { compareQuantity, formatQuantity, quantityOf, quantityValue } from '../../machinery/quantity.js'
import type { MachineStats } from '../stats/machine-stats.js'

export const signals = [
  'memory.available',
  'nodefs.available',
  'nodefs.inodesFree',
  'imagefs.available',
  'imagefs.inodesFree',
  'pid.available',
] as const
export type Signal = (typeof signals)[number]
export type Pressure = 'MemoryPressure' | 'DiskPressure' | 'PIDPressure'

export interface Threshold {
  signal: Signal
  /** A quantity, or a percentage of what there is. */
  value: string
  /** How long it must be met before pods go; 0: at once, and without grace for the pods. */
  graceMs: number
  /** What more must be left until it is met no longer: a quantity or a percentage. */
  reclaim?: string
}

export interface Observation {
  available: number
  capacity: number
}

export type Observations = Readonly<Record<Signal, Observation>>

export const pressureOf = (signal: Signal): Pressure =>
  signal === 'memory.available' ? 'MemoryPressure' : signal === 'pid.available' ? 'PIDPressure' : 'DiskPressure'

/** What is short, as events and statuses name it. */
export const resourceOf: Readonly<Record<Signal, 'memory' | 'ephemeral-storage' | 'inodes' | 'pids'>> = {
  'memory.available': 'memory',
  'nodefs.available': 'ephemeral-storage',
  'nodefs.inodesFree': 'inodes',
  'imagefs.available': 'ephemeral-storage',
  'imagefs.inodesFree': 'inodes',
  'pid.available': 'pids',
}

const isSignal = (text: string): text is Signal => (signals as readonly string[]).includes(text)

function checkValue(signal: string, value: string): void {
  if (value.endsWith('%')) {
    const percentage = Number(value.slice(0, -1))
    if (value === '%' || Number.isNaN(percentage) || percentage < 0)
      throw new Error(`eviction percentage threshold ${signal} must be >= 0%: ${value}`)
    return
  }
  try {
    if (compareQuantity(value, '0') >= 0) return
  } catch {
    throw new Error(`eviction threshold ${signal} is no quantity: ${value}`)
  }
  throw new Error(`eviction threshold ${signal} must be positive: ${value}`)
}

/** `memory.available<100Mi,nodefs.available<10%`. Throws an Error that says what is wrong. */
export function parseThresholds(text: string, separator = '<'): Map<Signal, string> {
  const found = new Map<Signal, string>()
  for (const part of text.split(',').filter(Boolean)) {
    const [signal = '', value, ...rest] = part.split(separator)
    if (!isSignal(signal)) throw new Error(`unsupported eviction signal ${signal}`)
    if (!value || rest.length > 0)
      throw new Error(`invalid eviction threshold syntax ${part}, expected <signal>${separator}<value>`)
    if (separator === '<') checkValue(signal, value)
    found.set(signal, value)
  }
  return found
}

/** `nodefs.available=500Mi,imagefs.available=5%`. Throws an Error that says what is wrong. */
export function parseReclaim(text: string): Map<Signal, string> {
  const found = parseThresholds(text, '=')
  for (const [signal, value] of found) checkValue(signal, value)
  return found
}

export interface ThresholdFlags {
  hard: string
  soft: string
  /** `memory.available=1m30s`. */
  softGrace: string
  reclaim?: ReadonlyMap<Signal, string>
}

/** A threshold of 0 or 0% is none. */
const isOn = ([, value]: [Signal, string]) =>
  value.endsWith('%') ? Number.parseFloat(value) > 0 : quantityValue(value) > 0

/** Throws an Error that says what is wrong. */
export function thresholdsOf({ hard, soft, softGrace, reclaim }: ThresholdFlags): Threshold[] {
  const graces = parseThresholds(softGrace, '=')
  const softOnes = [...parseThresholds(soft)].map(([signal, value]) => {
    const grace = graces.get(signal)
    if (!grace) throw new Error(`grace period must be specified for the soft eviction threshold ${signal}`)
    return { signal, value, graceMs: parseDuration(grace) }
  })
  const all = [
    ...[...parseThresholds(hard)].filter(isOn).map(([signal, value]) => ({ signal, value, graceMs: 0 })),
    ...softOnes,
  ]
  return all.map(threshold => {
    const more = reclaim?.get(threshold.signal)
    return more ? { ...threshold, reclaim: more } : threshold
  })
}

/** In the unit of the signal. */
export const amountOf = ({ value }: Pick<Threshold, 'value'>, capacity: number): number =>
  value.endsWith('%') ? Math.floor((capacity * Number.parseFloat(value)) / 100) : quantityValue(value)

/** `wasMet`: more must be left then, by what is to be reclaimed at least. */
export const isMet = (threshold: Threshold, observations: Observations, wasMet = false): boolean => {
  const { available, capacity } = observations[threshold.signal]
  const more = wasMet && threshold.reclaim ? amountOf({ value: threshold.reclaim }, capacity) : 0
  // What is not measured here is not short.
  return capacity > 0 && available < amountOf(threshold, capacity) + more
}

/** Pods and images share a file system. */
export function observe({ memoryAvailableBytes, memoryWorkingSetBytes, fileSystem, pids }: MachineStats): Observations {
  const bytes = { available: fileSystem.availableBytes, capacity: fileSystem.capacityBytes }
  const inodes = { available: fileSystem.inodesFree, capacity: fileSystem.inodes }
  return {
    'memory.available': { available: memoryAvailableBytes, capacity: memoryAvailableBytes + memoryWorkingSetBytes },
    'nodefs.available': bytes,
    'nodefs.inodesFree': inodes,
    'imagefs.available': bytes,
    'imagefs.inodesFree': inodes,
    'pid.available': { available: pids.max - pids.current, capacity: pids.max },
  }
}

/** As upstream prints amounts of the signal. */
export const quantityText = (signal: Signal, amount: number): string =>
  formatQuantity(quantityOf(amount, 0, /inodes|pid/.test(signal) ? 'DecimalSI' : 'BinarySI'))
