/** Charts of results as SVG: how far each benchmark is from its goal, and how cost grows with size. */
import type { Row, Summary } from './report.js'

const colours = { minik8s: '#2563eb', stock: '#f59e0b', goal: '#dc2626', text: '#334155', line: '#cbd5e1' }
const escapeXml = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;')

const svg = (width: number, height: number, body: readonly string[]): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11" fill="${colours.text}">\n<rect width="${width}" height="${height}" fill="white"/>\n${body.join('\n')}\n</svg>\n`

const text = (x: number, y: number, value: string, anchor = 'start') =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}">${escapeXml(value)}</text>`

const rowHeight = 20
const left = 190
const span = 460

/** A bar a row: ours as a share of stock's cost, with a mark at the goal. */
export function ratioChart(rows: readonly Row[]): string {
  const shown = rows.filter(row => row.ratios[row.judged] !== undefined)
  const most = Math.max(1, ...shown.map(row => row.ratios[row.judged]!))
  const x = (ratio: number) => left + (ratio / most) * span
  const body = shown.flatMap((row, i) => {
    const ratio = row.ratios[row.judged]!
    const y = 30 + i * rowHeight
    const colour = ratio <= row.goal ? colours.minik8s : '#94a3b8'
    return [
      text(left - 8, y + 12, `${row.name} ${row.size || ''} (${row.judged})`, 'end'),
      `<rect x="${left}" y="${y}" width="${(x(ratio) - left).toFixed(1)}" height="14" fill="${colour}"/>`,
      `<line x1="${x(row.goal).toFixed(1)}" x2="${x(row.goal).toFixed(1)}" y1="${y - 2}" y2="${y + 16}" stroke="${colours.goal}" stroke-width="2"/>`,
      text(x(ratio) + 5, y + 12, ratio.toFixed(3)),
    ]
  })
  const title = text(left, 18, 'cost as a share of the stock server’s (1 = equal); red: the goal')
  return svg(left + span + 70, 40 + shown.length * rowHeight, [title, ...body])
}

const cell = { width: 260, height: 190, pad: 44 }
const costOf = (row: Row): Record<string, Summary | undefined> => (row.judged === 'wall' ? row.wallMs : row.cpuMicros)

/** One small chart: cost against size, both axes by powers of ten. */
function growthOf(rows: readonly Row[], originX: number, originY: number): string[] {
  const points = rows.flatMap(row =>
    (['minik8s', 'stock'] as const).flatMap(server => {
      const cost = costOf(row)[server]?.median
      return cost ? [{ server, x: Math.log10(row.size), y: Math.log10(cost) }] : []
    }),
  )
  if (!points.length) return []
  const [xs, ys] = [points.map(p => p.x), points.map(p => p.y)]
  const scale = (values: number[], length: number) => {
    const [low, high] = [Math.floor(Math.min(...values)), Math.ceil(Math.max(...values) + 1e-9)]
    return { low, high, at: (value: number) => ((value - low) / Math.max(1, high - low)) * length }
  }
  const [across, up] = [scale(xs, cell.width - 2 * cell.pad), scale(ys, cell.height - 2 * cell.pad)]
  const px = (value: number) => originX + cell.pad + across.at(value)
  const py = (value: number) => originY + cell.height - cell.pad - up.at(value)
  const { name, unit, judged } = rows[0]!
  const marks = [
    text(originX + cell.pad, originY + 20, `${name}: ${judged === 'wall' ? 'ms' : 'CPU µs'} per ${unit}`),
    ...Array.from({ length: across.high - across.low + 1 }, (_, i) =>
      text(px(across.low + i), originY + cell.height - cell.pad + 14, `${10 ** (across.low + i)}`, 'middle'),
    ),
    ...Array.from({ length: up.high - up.low + 1 }, (_, i) => [
      `<line x1="${px(across.low)}" x2="${px(across.high)}" y1="${py(up.low + i)}" y2="${py(up.low + i)}" stroke="${colours.line}"/>`,
      text(px(across.low) - 4, py(up.low + i) + 4, `${10 ** (up.low + i)}`, 'end'),
    ]).flat(),
  ]
  const lines = (['stock', 'minik8s'] as const).flatMap(server => {
    const own = points.filter(point => point.server === server)
    const path = own.map(({ x, y }, i) => `${i ? 'L' : 'M'}${px(x).toFixed(1)} ${py(y).toFixed(1)}`).join('')
    return [
      `<path d="${path}" fill="none" stroke="${colours[server]}" stroke-width="2"/>`,
      ...own.map(
        ({ x, y }) => `<circle cx="${px(x).toFixed(1)}" cy="${py(y).toFixed(1)}" r="3" fill="${colours[server]}"/>`,
      ),
    ]
  })
  return [...marks, ...lines]
}

const acrossPage = 3

/** A small chart for each benchmark with more than one size; blue is ours, orange the stock server. */
export function growthChart(rows: readonly Row[]): string {
  const names = [...new Set(rows.map(({ name }) => name))]
  const groups = names.map(name => rows.filter(row => row.name === name && row.size > 0)).filter(g => g.length > 1)
  const body = groups.flatMap((group, i) =>
    growthOf(group, (i % acrossPage) * cell.width, Math.floor(i / acrossPage) * cell.height),
  )
  return svg(acrossPage * cell.width, Math.ceil(groups.length / acrossPage) * cell.height, body)
}
