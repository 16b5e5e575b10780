/** Results as a table: medians, the worst round, and the ratio to the stock server. */
import { type Judged, median, type Sample, type Title } from './bench.js'

export interface Result {
  benchmark: Title
  size: number
  /** By server name. */
  samples: Record<string, Sample[]>
}

export interface Summary {
  median: number
  worst: number
}

export interface Row {
  name: string
  size: number
  unit: string
  /** Milliseconds of wall time for one operation: median and worst round. */
  wallMs: Record<string, Summary>
  cpuMicros: Record<string, Summary | undefined>
  megabytes: Record<string, Summary | undefined>
  judged: Judged
  /** Ours divided by stock's, medians; undefined without a stock server. */
  ratios: Partial<Record<Judged, number>>
  goal: number
  limit: string
}

const summary = (values: readonly number[]): Summary | undefined =>
  values.length ? { median: median(values), worst: Math.max(...values) } : undefined

function ratioOf(values: Record<string, Summary | undefined>): number | undefined {
  const { minik8s, stock } = values
  return minik8s && stock?.median ? minik8s.median / stock.median : undefined
}

export function toRow({ benchmark, size, samples }: Result): Row {
  const { name, unit, goal, limit, judged = 'cpu' } = benchmark
  const row: Row = { name, size, unit, wallMs: {}, cpuMicros: {}, megabytes: {}, judged, ratios: {}, goal, limit }
  for (const [server, list] of Object.entries(samples)) {
    row.wallMs[server] = summary(list.map(s => s.wallMs / s.operations))!
    row.cpuMicros[server] = summary(list.flatMap(s => s.cpuMicros ?? []))
    row.megabytes[server] = summary(list.flatMap(s => s.megabytes ?? []))
  }
  const [wall, cpu, memory] = [row.wallMs, row.cpuMicros, row.megabytes].map(ratioOf)
  row.ratios = { ...(wall && { wall }), ...(cpu !== undefined && { cpu }), ...(memory && { memory }) }
  return row
}

const number = (value: number | undefined) =>
  value === undefined ? '–' : value >= 100 ? value.toFixed(0) : value >= 1 ? value.toFixed(1) : value.toFixed(3)

const met = ({ ratios, judged, goal }: Row): string => {
  const ratio = ratios[judged]
  return ratio === undefined ? '–' : ratio <= goal ? 'yes' : 'no'
}

const columns: Record<string, (row: Row) => string> = {
  bench: r => r.name,
  size: r => `${r.size}`,
  per: r => r.unit,
  'ours ms': r => (r.wallMs.minik8s?.median ? number(r.wallMs.minik8s.median) : '–'),
  worst: r => (r.wallMs.minik8s?.worst ? number(r.wallMs.minik8s.worst) : '–'),
  'ours CPU µs': r => number(r.cpuMicros.minik8s?.median),
  'ours MB': r => number(r.megabytes.minik8s?.median),
  'stock ms': r => (r.wallMs.stock?.median ? number(r.wallMs.stock.median) : '–'),
  'stock CPU µs': r => number(r.cpuMicros.stock?.median),
  'stock MB': r => number(r.megabytes.stock?.median),
  'wall ratio': r => number(r.ratios.wall),
  'CPU ratio': r => number(r.ratios.cpu),
  'memory ratio': r => number(r.ratios.memory),
  goal: r => `${r.judged} ≤ ${number(r.goal)}`,
  met,
  'physical limit': r => r.limit,
}

const cellsOf = (rows: readonly Row[]): string[][] => [
  Object.keys(columns),
  ...rows.map(row => Object.values(columns).map(cell => cell(row))),
]

/** For a terminal. */
export function formatTable(rows: readonly Row[]): string {
  const lines = cellsOf(rows)
  const widths = lines[0]!.map((_, i) => Math.max(...lines.map(line => line[i]!.length)))
  return lines
    .map(cells => cells.map((c, i) => (i === 0 ? c.padEnd(widths[i]!) : c.padStart(widths[i]!))).join('  '))
    .join('\n')
}

/** For a Markdown file. */
export function formatMarkdown(rows: readonly Row[]): string {
  const [head, ...lines] = cellsOf(rows).map(cells => `| ${cells.join(' | ')} |`)
  return [head, `|${'---|'.repeat(Object.keys(columns).length)}`, ...lines].join('\n')
}
