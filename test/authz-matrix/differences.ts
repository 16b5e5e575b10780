/** Compares the answers of two servers. */
import type { Answers } from './ask.js'

type Grouped = Record<string, string[]>

/** From what is said of which to which is said what. */
function byPlace(grouped: Grouped = {}): Map<string, string> {
  return new Map(Object.entries(grouped).flatMap(([said, places]) => places.map(place => [place, said] as const)))
}

function* differing(where: string, wanted: Map<string, string>, found: Map<string, string>): Generator<string> {
  for (const place of new Set([...wanted.keys(), ...found.keys()])) {
    const [want, got] = [wanted.get(place) ?? 'nothing', found.get(place) ?? 'nothing']
    if (want !== got) yield `${where}: ${place}\n  expected ${want}\n  received ${got}`
  }
}

/** A line or three each; none when both say the same. */
export function answerDifferences(wanted: Answers, found: Answers): string[] {
  const lines: string[] = []
  for (const part of ['matrix', 'named'] as const)
    for (const name of Object.keys(wanted[part]))
      lines.push(...differing(`${part}, ${name}`, byPlace(wanted[part][name]), byPlace(found[part][name])))
  for (const name of Object.keys(wanted.attempts)) {
    const of = (answers: Answers) => new Map(Object.entries(answers.attempts[name] ?? {}))
    lines.push(...differing(`attempts, ${name}`, of(wanted), of(found)))
  }
  return lines
}
