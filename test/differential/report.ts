/** Gathers differences by what they have in common, so that ten thousand requests give a page. */
import type { Accepted } from './accepted.js'
import type { Difference } from './compare.js'
import type { NormalAnswer } from './normalize.js'
import type { Step } from './sequence.js'

/** A difference with the request that showed it. */
export interface Found extends Difference {
  sequence: string
  step: Step
  /** Position of the step. */
  at: number
  answers: { stock: NormalAnswer; ours: NormalAnswer }
}

interface Group {
  path: string
  nature: string
  count: number
  kinds: Map<string, number>
  verbs: Set<string>
  /** The one whose answers are shortest. */
  example: Found
  size: number
}

export interface Report {
  add(found: Found): void
  /** One that was not there the second time. */
  addChance(found: Found): void
  explains(found: Found): boolean
  readonly chances: number
  readonly unexplained: number
  readonly groups: number
  text(limit?: number): string
}

const sizeOf = ({ answers }: Found): number =>
  JSON.stringify(answers.stock.body ?? '').length + JSON.stringify(answers.ours.body ?? '').length

const clip = (value: unknown, most = 700): string => {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text === undefined ? 'absent' : text.length > most ? `${text.slice(0, most)}…` : text
}

const topOf = (counts: Map<string, number>, most = 6): string => {
  const sorted = [...counts].sort((a, b) => b[1] - a[1])
  const shown = sorted.slice(0, most).map(([name, n]) => `${name} ${n}`)
  return sorted.length > most ? `${shown.join(', ')} and ${sorted.length - most} more` : shown.join(', ')
}

function exampleText({ example }: Group): string {
  const { step, stock, ours, sequence, at } = example
  const body = step.body ? `\n    body   ${clip('json' in step.body ? step.body.json : step.body, 500)}` : ''
  const headers = step.headers ? `\n    with   ${clip(step.headers, 200)}` : ''
  return (
    `    ${step.method} ${step.path}${step.note ? `   (${clip(step.note, 120)})` : ''}   [${sequence} #${at}]${headers}${body}` +
    `\n    stock  ${clip(stock)}\n    ours   ${clip(ours)}`
  )
}

export function newReport(accepted: readonly Accepted[]): Report {
  const groups = new Map<string, Group>()
  const explained = new Map<Accepted, number>()
  const chances: Found[] = []
  let unexplained = 0

  function gather(found: Found): void {
    const key = `${found.path}\0${found.nature}`
    const size = sizeOf(found)
    const group = groups.get(key)
    if (!group) {
      const kinds = new Map([[found.step.kind, 1]])
      const { path, nature } = found
      groups.set(key, { path, nature, count: 1, kinds, verbs: new Set([found.step.verb]), example: found, size })
      return
    }
    group.count++
    group.kinds.set(found.step.kind, (group.kinds.get(found.step.kind) ?? 0) + 1)
    group.verbs.add(found.step.verb)
    if (size < group.size) Object.assign(group, { example: found, size })
  }

  return {
    add(found) {
      const reason = accepted.find(a => a.matches(found))
      if (reason) {
        explained.set(reason, (explained.get(reason) ?? 0) + 1)
        return
      }
      unexplained++
      gather(found)
    },
    addChance: found => void chances.push(found),
    explains: found => accepted.some(a => a.matches(found)),
    get chances() {
      return chances.length
    },
    get unexplained() {
      return unexplained
    },
    get groups() {
      return groups.size
    },
    text(limit = Number.POSITIVE_INFINITY) {
      const sorted = [...groups.values()].sort((a, b) => b.count - a.count).slice(0, limit)
      const parts = sorted.map(
        group =>
          `${group.count} × ${group.path}: ${group.nature}\n    kinds  ${topOf(group.kinds)}\n    verbs  ${[...group.verbs].join(', ')}\n${exampleText(group)}`,
      )
      const reasons = [...explained].map(([{ reason }, n]) => `${n} × accepted: ${reason}`)
      const gone = chances.map(
        ({ path, nature, step }) => `not there again: ${path}: ${nature}\n    ${step.method} ${step.path}`,
      )
      return [...parts, ...reasons, ...gone].join('\n\n')
    },
  }
}
