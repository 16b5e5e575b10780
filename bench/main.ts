/**
 * `npm run bench [names] [-- --rounds N] [--long] [--peer|--no-peer] [--smoke] [--json FILE] [--write DIR] [--nodes N,… --pods N]`: minik8s beside the
 * stock API server, in the same run. Rounds are interleaved, so that a machine whose speed drifts drifts for both. Without stock
 * binaries only ours is measured. `--nodes` and `--pods` are the sizes of `schedule` and `density`. `--long` adds the largest sizes; `--write` puts table, figures and charts into a directory.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Benchmark, type LifeBenchmark, measure, type Sample } from './bench.js'
import { benchmarks, lifeBenchmarks, startTitle } from './cases/index.js'
import { growthChart, ratioChart } from './charts.js'
import { benchPlanes } from './control-plane/benchmark.js'
import { densityBenchmark } from './control-plane/density.js'
import { scheduleBenchmark } from './control-plane/schedule.js'
import { benchDefinitions } from './definitions.js'
import { benchEmbedded } from './embedded.js'
import { formatMarkdown, formatTable, type Row, toRow } from './report.js'
import { benchGrowth, benchStrategies } from './schedule.js'
import { startMinik8s } from './servers/minik8s.js'
import { type BenchServer, cpuSeconds } from './servers/server.js'
import { hasStock, startStock } from './servers/stock.js'
import { benchSimulation, smokeSimulation, wholeSimulation } from './simulation.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    long: { type: 'boolean', default: false },
    'no-peer': { type: 'boolean' },
    peer: { type: 'boolean' },
    smoke: { type: 'boolean', default: false },
    json: { type: 'string' },
    write: { type: 'string' },
    nodes: { type: 'string' },
    pods: { type: 'string' },
  },
})
/** They print lines of their own. */
const alone = ['embedded', 'definitions', 'simulation', 'growth', 'strategies']
/** On control planes of their own, with a scheduler; they take minutes. */
const planeBenchmarks = { schedule: scheduleBenchmark, density: densityBenchmark }
const every = ['start', ...lifeBenchmarks.map(b => b.name), ...benchmarks.map(b => b.name)]
const others = [...Object.keys(planeBenchmarks), ...alone]
const unknown = positionals.filter(name => !every.includes(name) && !others.includes(name))
if (unknown.length)
  throw new Error(`no benchmark is called ${unknown.join(', ')}; there are ${[...every, ...others].join(', ')}`)
const names = positionals.length ? positionals : every
const rounds = values.smoke ? 1 : Number(values.rounds)
/** The first round warms caches and compilers up and does not count. */
const firstRound = values.smoke ? 1 : 0
const withStock = !values['no-peer'] && !values.smoke && hasStock()
if (values.peer && !withStock) throw new Error('--peer: no stock binaries in $PEER_CACHE/bin')
const starters: (() => Promise<BenchServer>)[] = [() => startMinik8s(), ...(withStock ? [startStock] : [])]
const smokePlane = { nodes: 20, pods: 100 }
const say = (text: string) => process.stderr.write(`${text}\n`)

const sizesOf = ({ sizes, longSizes = [] }: Pick<Benchmark, 'sizes' | 'longSizes'>): readonly number[] =>
  values.smoke ? [Math.min(sizes[0]!, 100)] : [...sizes, ...(values.long ? longSizes : [])]

/** A process that lives so long has kept what later starts begin with. */
const settleMs = 3_000

/** Starts and stops each server in turn. The first start, after which the programs are in the page cache, does not count. */
async function benchStart(): Promise<Row> {
  const samples: Record<string, Sample[]> = {}
  for (let round = firstRound; round <= rounds; round++)
    for (const start of starters) {
      const server = await start()
      const cpuMicros = cpuSeconds(server.pids) * 1e6
      if (round > 0) (samples[server.name] ??= []).push({ operations: 1, wallMs: server.startMs, cpuMicros })
      else await new Promise(resolve => setTimeout(resolve, settleMs))
      await server.stop()
    }
  return toRow({ benchmark: startTitle, size: 0, samples })
}

async function withServers<T>(body: (servers: readonly BenchServer[]) => Promise<T>): Promise<T> {
  const servers: BenchServer[] = []
  try {
    for (const start of starters) servers.push(await start())
    return await body(servers)
  } finally {
    for (const server of servers) await server.stop()
  }
}

const benchLife = (benchmark: LifeBenchmark, size: number): Promise<Row> =>
  withServers(async servers => {
    const samples: Record<string, Sample[]> = {}
    for (const server of servers) await benchmark.prepare?.(server, size)
    for (let round = firstRound; round <= rounds; round++)
      for (const server of servers) {
        const sample = await benchmark.sample(server)
        if (round > 0) (samples[server.name] ??= []).push(sample)
      }
    return toRow({ benchmark, size, samples })
  })

async function benchSize(benchmark: Benchmark, size: number, servers: readonly BenchServer[]): Promise<Row> {
  const samples: Record<string, Sample[]> = {}
  for (const server of servers) await benchmark.prepare?.(server, size)
  for (let round = firstRound; round <= rounds; round++)
    for (const server of servers) {
      const { run, end } = await benchmark.begin(server, size, round)
      try {
        const sample = await measure(server, run)
        if (round > 0) (samples[server.name] ??= []).push(sample)
      } finally {
        end()
      }
    }
  return toRow({ benchmark, size, samples })
}

const rows: Row[] = []
if (names.includes('start')) {
  say('start …')
  rows.push(await benchStart())
}
for (const benchmark of lifeBenchmarks.filter(b => names.includes(b.name)))
  for (const size of sizesOf(benchmark)) {
    say(`${benchmark.name} ${size} …`)
    rows.push(await benchLife(benchmark, size))
  }
const chosen = benchmarks.filter(b => names.includes(b.name))
// What reads a namespace that grows comes in the order of its sizes.
const plays = chosen.flatMap(benchmark => sizesOf(benchmark).map(size => ({ benchmark, size })))
plays.sort((a, b) => a.size - b.size)
if (plays.length)
  await withServers(async servers => {
    for (const { benchmark, size } of plays) {
      say(`${benchmark.name} ${size} …`)
      rows.push(await benchSize(benchmark, size, servers))
    }
  })
rows.sort((a, b) => every.indexOf(a.name) - every.indexOf(b.name) || a.size - b.size)
for (const [name, benchmark] of Object.entries(planeBenchmarks))
  if (names.includes(name)) {
    const sizes = values.smoke ? [smokePlane.nodes] : values.nodes?.split(',').map(Number)
    const pods = values.smoke ? smokePlane.pods : values.pods === undefined ? undefined : Number(values.pods)
    rows.push(...(await benchPlanes(benchmark, { rounds, withStock, sizes, pods, say })))
  }
if (names.includes('growth')) await benchGrowth(rounds)
if (names.includes('strategies')) await benchStrategies()
if (names.includes('definitions'))
  for (const start of starters) {
    const server = await start()
    await benchDefinitions(server, line => console.log(line)).finally(() => server.stop())
  }
if (names.includes('simulation'))
  await benchSimulation(values.smoke ? smokeSimulation : wholeSimulation, line => console.log(line))
if (names.includes('embedded')) await benchEmbedded(line => console.log(line))
if (rows.length) console.log(formatTable(rows))
const json = `${JSON.stringify(rows, null, 2)}\n`
if (values.json) writeFileSync(values.json, json)
if (values.write) {
  mkdirSync(values.write, { recursive: true })
  const files = {
    'figures.json': json,
    'figures.md': `${formatMarkdown(rows)}\n`,
    'ratios.svg': ratioChart(rows),
    'growth.svg': growthChart(rows),
  }
  for (const [name, contents] of Object.entries(files)) writeFileSync(join(values.write, name), contents)
}
