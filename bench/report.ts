/** Prints results as a table: medians, the worst round, and the ratio to the stock server. */
import { type Benchmark, median, type Sample } from './bench.js'

export interface Result {
  benchmark: Pick<Benchmark, 'name' | 'unit' | 'goal'>
  size: number
  /** By server name. */
  samples: Record<string, Sample[]>
}

export interface Row {
  name: string
  size: number
  unit: string
  /** Milliseconds of wall time for one operation: median and worst round. */
  wallMs: Record<string, { median: number; worst: number }>
  cpuMicros: Record<string, { median: number; worst: number } | undefined>
  /** Ours divided by stock's, medians; undefined without a stock server. */
  wallRatio?: number
  cpuRatio?: number
  goal: number
}

const summary = (values: number[]) => ({ median: median(values), worst: Math.max(...values) })

export function toRow({ benchmark, size, samples }: Result): Row {
  const row: Row = { name: benchmark.name, size, unit: benchmark.unit, wallMs: {}, cpuMicros: {}, goal: benchmark.goal }
  for (const [name, list] of Object.entries(samples)) {
    row.wallMs[name] = summary(list.map(s => s.wallMs / s.operations))
    const cpu = list.flatMap(s => (s.cpuMicros === undefined ? [] : [s.cpuMicros]))
    row.cpuMicros[name] = cpu.length ? summary(cpu) : undefined
  }
  if (row.wallMs.stock && row.wallMs.minik8s) {
    row.wallRatio = row.wallMs.minik8s.median / row.wallMs.stock.median
    if (row.cpuMicros.minik8s && row.cpuMicros.stock)
      row.cpuRatio = row.cpuMicros.minik8s.median / row.cpuMicros.stock.median
  }
  return row
}

const number = (value: number | undefined) =>
  value === undefined ? '-' : value >= 100 ? value.toFixed(0) : value >= 1 ? value.toFixed(1) : value.toFixed(3)

export function formatTable(rows: readonly Row[]): string {
  const header = [
    'bench',
    'size',
    'per',
    'ours ms',
    'worst',
    'ours cpu µs',
    'stock ms',
    'stock cpu µs',
    'wall ratio',
    'cpu ratio',
    'goal',
  ]
  const lines = rows.map(r => [
    r.name,
    `${r.size}`,
    r.unit,
    number(r.wallMs.minik8s?.median),
    number(r.wallMs.minik8s?.worst),
    number(r.cpuMicros.minik8s?.median),
    number(r.wallMs.stock?.median),
    number(r.cpuMicros.stock?.median),
    number(r.wallRatio),
    number(r.cpuRatio),
    `≤ ${number(r.goal)}`,
  ])
  const widths = header.map((h, i) => Math.max(h.length, ...lines.map(l => l[i]!.length)))
  return [header, ...lines]
    .map(cells => cells.map((c, i) => (i === 0 ? c.padEnd(widths[i]!) : c.padStart(widths[i]!))).join('  '))
    .join('\n')
}
