/** An explanation as a person reads it: what is asked, what else decides, and a table of nodes. */
import type { Explanation, NodeExplanation } from './explanation.js'

const head = ['NODE', 'TOTAL', 'PLUGIN', 'RAW', 'NORMALIZED', 'WEIGHT', 'SCORE']

/** Two decimals at the most. */
const figure = (value: number): string => String(Math.round(value * 100) / 100)

function rowsOf({ node, fits, refusals, scores, total }: NodeExplanation): string[][] {
  if (!fits)
    return refusals.map(({ plugin, reasons }, i) => [
      i ? '' : node,
      i ? '' : '-',
      plugin,
      `refuses: ${reasons.join(', ')}`,
    ])
  if (!scores.length) return [[node, figure(total), '(fits; nothing to score)']]
  return scores.map(({ plugin, raw, normalized, weight, score }, i) => [
    ...[i ? '' : node, i ? '' : figure(total), plugin],
    ...[raw, normalized, weight, score].map(figure),
  ])
}

/** The last cell of a row takes the room that it needs. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((_, i) => Math.max(...rows.map(row => (i < row.length - 1 ? row[i]!.length : 0))))
  return rows.map(row => row.map((cell, i) => (i < row.length - 1 ? cell.padEnd(widths[i]!) : cell)).join('  '))
}

function verdictOf({ refused, nodes, best, preemption, boundTo }: Explanation): string[] {
  if (refused) return [`${refused.plugin} refuses it before any node is looked at: ${refused.reasons.join(', ')}.`]
  const fitting = nodes.filter(({ fits }) => fits).length
  const lines = [`${fitting} of ${nodes.length} nodes fit.`]
  if (boundTo && best.includes(boundTo)) lines.push(`${boundTo}, where it is, is as good as any.`)
  else if (best.length === 1) lines.push(`${best[0]} is the best.`)
  else if (best.length) lines.push(`${best.length} are best alike, and one of them is taken at random.`)
  if (preemption && 'message' in preemption) lines.push(`${preemption.message}`)
  else if (preemption)
    lines.push(`Preemption would make room on ${preemption.node}: ${preemption.victims.join(', ')} would go.`)
  return lines
}

const questionOf = ({ pod, scheduler, question, boundTo }: Explanation): string =>
  question === 'placement'
    ? `Pod ${pod} has no node yet. This is how ${scheduler} sees the nodes now.`
    : `Pod ${pod} is on ${boundTo}. This is how ${scheduler} would see the nodes now, were it to be placed anew.`

/** Lines that end with a newline each. */
export function explanationText(explanation: Explanation): string {
  const { notes, nodes } = explanation
  const rows = nodes.length ? ['', ...table([head, ...nodes.flatMap(rowsOf)])] : []
  return `${[questionOf(explanation), ...notes, ...verdictOf(explanation), ...rows].join('\n')}\n`
}
