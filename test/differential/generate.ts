/** Makes sequences from a seed: every kind in turn, scenarios by weight. */
import type { SchemaSet } from '../../src/machinery/schema/types.js'
import { type Chooser, newChooser, seedFor } from './random.js'
import type { Twins } from './run.js'
import { fixedSequences } from './scenarios/fixed.js'
import { scenarios } from './scenarios/index.js'
import { openStage, type Scenario } from './scenarios/stage.js'
import type { Sequence } from './sequence.js'
import { templates } from './templates/index.js'
import { apiVersionOf, type Template } from './templates/template.js'

export interface GenerateOptions {
  seed: number
  /** At least so many; a sequence is not cut. */
  requests: number
  /** Kinds, plurals or groups; all when empty. */
  kinds?: readonly string[]
  /** Names of scenarios; all when empty. */
  only?: readonly string[]
  /** Begins all names, so that runs on one server do not meet. */
  prefix: string
  schemas: SchemaSet
}

const matches = (template: Template, names: readonly string[]) =>
  names.some(n =>
    [template.kind, template.plural, template.group, apiVersionOf(template)].some(
      x => x.toLowerCase() === n.toLowerCase(),
    ),
  )

function pickWeighted(choices: readonly Scenario[], random: Chooser): Scenario {
  let at = random.next() * choices.reduce((sum, { weight }) => sum + weight, 0)
  return choices.find(({ weight }) => (at -= weight) < 0) ?? choices[0]!
}

/** Ends after the sequence with which the number of requests is reached. */
export function* generate({
  seed,
  requests,
  kinds = [],
  only = [],
  prefix,
  schemas,
}: GenerateOptions): Generator<Sequence> {
  const chosen = kinds.length ? templates.filter(t => matches(t, kinds)) : templates
  if (!chosen.length && !kinds.includes('fixed')) throw new Error(`no kind is called ${kinds.join(', ')}`)
  let made = 0
  if ((!kinds.length && !only.length) || kinds.includes('fixed'))
    for (const sequence of fixedSequences) {
      made += sequence.steps.length
      yield sequence
    }
  for (let n = 0; made < requests && chosen.length; n++) {
    const template = chosen[n % chosen.length]!
    const random = newChooser(seedFor(seed, `${template.group}/${template.kind}/${n}`))
    const fitting = scenarios.filter(s => (s.suits?.(template) ?? true) && (!only.length || only.includes(s.name)))
    if (!fitting.length) {
      if (n > chosen.length * 2 && made === 0) throw new Error(`no scenario ${only.join(', ')} suits these kinds`)
      continue
    }
    const stage = openStage({ template, random, schemas, name: `${prefix}-${seed}-${n}` })
    pickWeighted(fitting, random).play(stage)
    const sequence = stage.sequence.build()
    made += sequence.steps.length
    yield template.apart ? { ...sequence, apart: true } : sequence
  }
}

/** Each sequence with its twin, which has other names. */
export function* generateTwins(options: GenerateOptions): Generator<Twins> {
  const twins = generate({ ...options, prefix: options.prefix.replace(/^./, 'e') })
  for (const sequence of generate(options)) yield { sequence, again: twins.next().value as Sequence }
}
