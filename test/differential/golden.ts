/**
 * The golden set: sequences with the stock server's normalized answers, in test/golden/differential. A sequence ends there before the
 * first step at which ours differed when it was recorded, so that what holds today keeps holding; recording again lengthens it.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sortEmbedded } from './embedded-json.js'
import type { NormalAnswer } from './normalize.js'
import type { Sequence, Step } from './sequence.js'

export interface GoldenSequence {
  name: string
  steps: readonly { step: Step; answer: NormalAnswer }[]
}

/** Chooses sequences that show a kind doing something that none before it did, about so many requests in all. */
export function newRecording(most: number) {
  const files = new Map<string, GoldenSequence[]>()
  const seen = new Set<string>()
  let requests = 0
  return {
    take(sequence: Sequence, agreed: readonly NormalAnswer[]): void {
      const steps = agreed.map((answer, i) => ({ step: sequence.steps[i]!, answer }))
      const news = steps
        .map(({ step, answer }) => `${step.kind} ${step.verb} ${answer.status}`)
        .filter(n => !seen.has(n))
      const kind = steps.at(-1)?.step.kind
      if (!kind || news.length < 2 || requests + steps.length > most) return
      for (const one of news) seen.add(one)
      requests += steps.length
      const file = kind.split(' ')[0]!.replaceAll('/', '-')
      files.set(file, [...(files.get(file) ?? []), { name: sequence.name, steps }])
    },
    /** Number of requests written. */
    write(directory: string): number {
      rmSync(directory, { recursive: true, force: true })
      mkdirSync(directory, { recursive: true })
      for (const [file, sequences] of files) {
        const lines = sequences.map(
          ({ name, steps }) =>
            `{"name":${JSON.stringify(name)},"steps":[\n${steps.map(s => JSON.stringify(s)).join(',\n')}\n]}`,
        )
        writeFileSync(join(directory, `${file}.json`), `[\n${lines.join(',\n')}\n]\n`)
      }
      return requests
    },
  }
}

/** Recorded when fewer of the objects in messages were put in order. */
const inOrder = (_: string, value: unknown): unknown =>
  typeof value === 'string' && value.includes('{') ? sortEmbedded(value) : value

/** By file name. */
export const readGolden = (directory: string): [string, GoldenSequence[]][] =>
  readdirSync(directory)
    .filter(name => name.endsWith('.json'))
    .map(name => [
      name,
      (JSON.parse(readFileSync(join(directory, name), 'utf8')) as GoldenSequence[]).map(answersInOrder),
    ])

const answersInOrder = ({ name, steps }: GoldenSequence): GoldenSequence => ({
  name,
  steps: steps.map(({ step, answer }) => ({
    step,
    answer: JSON.parse(JSON.stringify(answer), inOrder) as NormalAnswer,
  })),
})
