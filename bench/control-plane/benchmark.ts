/** What a benchmark of whole control planes is, and how its rounds are run: each on a control plane of its own. */
import type { Sample, Title } from '../bench.js'
import { type Row, toRow } from '../report.js'
import { startOurPlane, startStockPlane } from './plane.js'
import { runTrial, type Trial } from './trial.js'

export interface PlaneBenchmark {
  /** One row each. */
  titles: readonly Title[]
  /** Numbers of nodes. */
  sizes: readonly number[]
  podsOn(nodes: number): number
  /** Samples by title. */
  sample(trial: Trial): Promise<Record<string, Sample>>
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

/** Rounds are interleaved. Nothing is warmed up: each round starts anew, and is long enough. A round that fails is told and left out. */
export async function benchPlanes(benchmark: PlaneBenchmark, run: PlaneRun): Promise<Row[]> {
  const starters = [startOurPlane, ...(run.withStock ? [startStockPlane] : [])]
  const rows: Row[] = []
  for (const size of run.sizes ?? benchmark.sizes) {
    const pods = run.pods ?? benchmark.podsOn(size)
    const samples: Record<string, Record<string, Sample[]>> = {}
    for (let round = 0; round < run.rounds; round++)
      for (const start of starters) {
        const taken = await oneRound(benchmark, start, { nodes: size, pods, say: run.say })
        for (const { title, server, sample } of taken) ((samples[title] ??= {})[server] ??= []).push(sample)
      }
    const titles = benchmark.titles.filter(({ name }) => samples[name])
    rows.push(...titles.map(title => toRow({ benchmark: title, size, samples: samples[title.name] ?? {} })))
  }
  return rows
}

interface Taken {
  title: string
  server: string
  sample: Sample
}

async function oneRound(
  { titles, sample }: PlaneBenchmark,
  start: typeof startOurPlane,
  { nodes, pods, say }: { nodes: number; pods: number; say(line: string): void },
): Promise<Taken[]> {
  const began = performance.now()
  const plane = await start()
  const name = `${titles.map(title => title.name).join(', ')}: ${nodes} nodes, ${pods} pods, ${plane.name}`
  const tell = (line: string) => say(`${name}: ${line} (${((performance.now() - began) / 1000).toFixed(0)} s)`)
  try {
    const samples = await runTrial({ plane, nodes, pods, say: tell }, sample)
    return Object.entries(samples).map(([title, taken]) => {
      const rate = (taken.operations / taken.wallMs) * 1000
      tell(`${title} ${rate.toFixed(0)} pods/s, CPU ${taken.cpuMicros?.toFixed(0)} µs a pod`)
      return { title, server: plane.name, sample: taken }
    })
  } catch (error) {
    tell(`FAILED: ${(error as Error).message}`)
    process.exitCode = 1
    return []
  } finally {
    await plane.stop()
  }
}
