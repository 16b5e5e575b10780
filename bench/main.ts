/**
 * `npm run bench [names] [-- --rounds N] [--no-peer] [--smoke] [--json FILE]`: minik8s beside the stock API server, in the same run.
 * Rounds are interleaved, so that a machine whose speed drifts drifts for both. Without stock binaries only ours is measured.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type Benchmark, measure, type Sample } from './bench.js'
import { create, get, list } from './cases/objects.js'
import { apply, patch } from './cases/patches.js'
import { watch } from './cases/watch.js'
import { benchDefinitions } from './definitions.js'
import { benchEmbedded } from './embedded.js'
import { formatTable, type Row, toRow } from './report.js'
import { startMinik8s } from './servers/minik8s.js'
import { type BenchServer, cpuSeconds } from './servers/server.js'
import { hasStock, startStock } from './servers/stock.js'

const benchmarks: readonly Benchmark[] = [create, get, list, patch, apply, watch]
const startGoal = 0.15

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    'no-peer': { type: 'boolean' },
    peer: { type: 'boolean' },
    smoke: { type: 'boolean' },
    json: { type: 'string' },
  },
})
const rounds = values.smoke ? 1 : Number(values.rounds)
const names = positionals.length ? positionals : ['start', ...benchmarks.map(b => b.name)]
const withStock = !values['no-peer'] && !values.smoke && hasStock()
if (values.peer && !withStock) throw new Error('--peer: no stock binaries in $PEER_CACHE/bin')
const starters = [startMinik8s, ...(withStock ? [startStock] : [])]
const say = (text: string) => process.stderr.write(`${text}\n`)

/** A process that lives so long has kept what later starts begin with. */
const settleMs = 3_000

/** Starts and stops each server in turn. The first start, after which the programs are in the page cache, does not count. */
async function benchStart(): Promise<Row> {
  const samples: Record<string, Sample[]> = {}
  for (let round = values.smoke ? 1 : 0; round <= rounds; round++)
    for (const start of starters) {
      const server = await start()
      const cpuMicros = cpuSeconds(server.pids) * 1e6
      if (round > 0) (samples[server.name] ??= []).push({ operations: 1, wallMs: server.startMs, cpuMicros })
      else await new Promise(resolve => setTimeout(resolve, settleMs))
      await server.stop()
    }
  return toRow({ benchmark: { name: 'start', unit: 'start', goal: startGoal }, size: 0, samples })
}

async function benchSize(benchmark: Benchmark, size: number, servers: readonly BenchServer[]): Promise<Row> {
  const samples: Record<string, Sample[]> = {}
  for (const server of servers) await benchmark.prepare?.(server, size)
  // The first round warms caches and compilers up and does not count.
  for (let round = values.smoke ? 1 : 0; round <= rounds; round++)
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

/** They print lines of their own. */
const alone = ['embedded', 'definitions']
const rows: Row[] = []
if (names.includes('start')) {
  say('start …')
  rows.push(await benchStart())
}
const chosen = benchmarks.filter(b => names.includes(b.name))
const unknown = names.filter(n => n !== 'start' && !alone.includes(n) && !benchmarks.some(b => b.name === n))
if (unknown.length)
  throw new Error(
    `no benchmark is called ${unknown.join(', ')}; there are start, ${alone.join(', ')}, ${benchmarks.map(b => b.name).join(', ')}`,
  )
const servers: BenchServer[] = []
try {
  if (chosen.length) for (const start of starters) servers.push(await start())
  for (const benchmark of chosen)
    for (const size of values.smoke ? benchmark.sizes.slice(0, 1) : benchmark.sizes) {
      say(`${benchmark.name} ${size} …`)
      rows.push(await benchSize(benchmark, size, servers))
    }
} finally {
  for (const server of servers) await server.stop()
}
if (names.includes('definitions'))
  for (const start of starters) {
    const server = await start()
    await benchDefinitions(server, line => console.log(line)).finally(() => server.stop())
  }
if (names.includes('embedded')) await benchEmbedded(line => console.log(line))
if (rows.length) console.log(formatTable(rows))
if (values.json) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`)
