/** What a benchmark is, and how a round of it is measured. */
import { type BenchServer, cpuSeconds } from './servers/server.js'

export interface Sample {
  /** Operations done. */
  operations: number
  wallMs: number
  /** Microseconds of the server's CPU for one operation. */
  cpuMicros?: number
  /** Resident memory of the server's processes. */
  megabytes?: number
}

/** What the goal is about: CPU an operation, wall time an operation, or resident memory. */
export type Judged = 'cpu' | 'wall' | 'memory'

/** What stands in the table about a benchmark. */
export interface Title {
  name: string
  /** What one operation is. */
  unit: string
  /** The goal as a ratio of the stock server's cost (goals.md): ours may be at most this much. */
  goal: number
  judged?: Judged
  /** What no server on this machine could do better than. */
  limit: string
}

export interface Benchmark extends Title {
  /** Sizes to run at, small to large: in all runs, and in those that take their time. */
  sizes: readonly number[]
  longSizes?: readonly number[]
  /** Brings the server to where the measurement begins; not measured. */
  prepare?(server: BenchServer, size: number): Promise<void>
  /** Opens connections and the like, which is not measured. */
  begin(server: BenchServer, size: number, round: number): Promise<Round>
}

export interface Round {
  /** What is measured; resolves with the number of operations. */
  run(): Promise<number>
  end(): void
}

/** A benchmark of a server's life rather than of its requests; each size has a server of its own. */
export interface LifeBenchmark extends Title {
  sizes: readonly number[]
  longSizes?: readonly number[]
  prepare?(server: BenchServer, size: number): Promise<void>
  sample(server: BenchServer): Promise<Sample>
}

export async function measure(server: BenchServer, body: () => Promise<number>): Promise<Sample> {
  const [cpu, begin] = [cpuSeconds(server.pids), performance.now()]
  const operations = await body()
  const wallMs = performance.now() - begin
  return { operations, wallMs, cpuMicros: ((cpuSeconds(server.pids) - cpu) * 1e6) / operations }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
