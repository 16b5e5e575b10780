/** The text that a rule makes for those who break it. */
import { CostMeter } from '../cel/cost.js'
import type { Compiled } from '../cel/environment.js'
import type { Variables } from '../cel/step.js'
import { CelCancelled, CelError } from '../cel/values.js'

/** Upstream's figure. */
const maxMessageBytes = 5 * 1024

export interface RuleMessage {
  /** Undefined: the rule's own message is told in its place. */
  text?: string
  cost?: number
  /** Why nothing more is run. */
  fatal?: string
}

function textOf(value: unknown): string | undefined {
  const text = typeof value === 'string' ? value.trim() : ''
  return text && Buffer.byteLength(text) <= maxMessageBytes && !text.includes('\n') ? text : undefined
}

export function runMessage(compiled: Compiled, source: string, variables: Variables, left: number): RuleMessage {
  const meter = new CostMeter()
  let text: string | undefined
  let cancelled = false
  try {
    text = textOf(compiled.run(variables, meter).value)
  } catch (error) {
    if (!(error instanceof CelError || error instanceof CelCancelled)) throw error
    cancelled = error instanceof CelCancelled
  }
  const cost = meter.spent
  if (cost > left)
    return {
      fatal:
        'messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run',
    }
  if (cancelled) {
    const why = `no further validation rules will be run due to call cost exceeds limit for messageExpression: ${JSON.stringify(source)}`
    return { fatal: why }
  }
  return { ...(text !== undefined && { text }), cost }
}
