/** What a benchmark of whole control planes is, and how its rounds are run: each on a control plane of its own. */
import type { Sample, Title } from '../bench.js'
import { type Row, toRow } from '../report.js'
import { type ControlPlane, startOurPlane, startStockPlane } from './plane.js'

export interface PlaneBenchmark {
  /** One row each. */
  titles: readonly Title[]
  /** Numbers of nodes. */
  sizes: readonly number[]
  podsOn(nodes: number): number
  /** Samples by title. */
  sample(plane: ControlPlane, nodes: number, pods: number): Promise<Record<string, Sample>>
}

export interface PlaneRun {
  rounds: number
  withStock: boolean
  /** Of nodes, in place of the benchmark's own. */
  sizes?: readonly number[] | undefined
  /** In place of the benchmark's own. */
  pods?: number | undefined
  say(line: string): void
}

/** Rounds are interleaved. Nothing is warmed up: each round starts anew, and is long enough. */
export async function benchPlanes(benchmark: PlaneBenchmark, run: PlaneRun): Promise<Row[]> {
  const starters = [startOurPlane, ...(run.withStock ? [startStockPlane] : [])]
  const rows: Row[] = []
  for (const size of run.sizes ?? benchmark.sizes) {
    const pods = run.pods ?? benchmark.podsOn(size)
    const samples: Record<string, Record<string, Sample[]>> = {}
    for (let round = 0; round < run.rounds; round++)
      for (const start of starters) {
        const plane = await start()
        try {
          for (const [title, sample] of Object.entries(await benchmark.sample(plane, size, pods))) {
            ;((samples[title] ??= {})[plane.name] ??= []).push(sample)
            const rate = (sample.operations / sample.wallMs) * 1000
            const cpu = sample.cpuMicros?.toFixed(0)
            run.say(
              `${title}, ${size} nodes, ${pods} pods, ${plane.name}: ${rate.toFixed(0)} pods/s, CPU ${cpu} µs a pod`,
            )
          }
        } finally {
          await plane.stop()
        }
      }
    rows.push(...benchmark.titles.map(title => toRow({ benchmark: title, size, samples: samples[title.name] ?? {} })))
  }
  return rows
}
