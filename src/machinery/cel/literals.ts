/** What is wrong with literals that functions will read: found when an expression is compiled, not when it runs. */
import { compilePattern, PatternError } from '../structural/pattern.js'
import type { Call, Expr } from './ast.js'
import { parseGoDuration, parseTimestamp } from './library/time-text.js'
import type { CelIssue } from './source.js'
import { CelError } from './values.js'

const argumentOf = ({ target, args, name }: Call): Expr | undefined => {
  if (name === 'matches') return target ? args[0] : args[1]
  return !target && args.length === 1 ? args[0] : undefined
}

const isReadable: Record<string, (literal: unknown) => boolean> = {
  timestamp: value => typeof value === 'bigint' || (typeof value === 'string' && !!parseTimestamp(value)),
  duration: value => typeof value === 'string' && !!parseGoDuration(value),
  matches: value => typeof value !== 'string' || !!compilePattern(value),
}

function reads(name: string, literal: unknown): boolean {
  try {
    return isReadable[name]!(literal)
  } catch (error) {
    if (error instanceof PatternError || error instanceof CelError) return false
    throw error
  }
}

/** Of which an expression is made, in the order of evaluation. */
export function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'literal':
    case 'ident':
      return []
    case 'select':
      return [expr.operand]
    case 'call':
      return expr.target ? [expr.target, ...expr.args] : expr.args
    case 'list':
      return expr.elements
    case 'map':
      return expr.entries.flatMap(({ key, value }) => [key, value])
    case 'struct':
      return expr.fields.map(({ value }) => value)
    case 'comprehension':
      return [expr.range, expr.init, expr.condition, expr.step, expr.result]
  }
}

/** The pattern engine must have been loaded. */
export function literalIssues(expr: Expr): CelIssue[] {
  const issues = childrenOf(expr).flatMap(literalIssues)
  if (expr.kind !== 'call' || !Object.hasOwn(isReadable, expr.name)) return issues
  const argument = argumentOf(expr)
  if (argument?.kind !== 'literal' || reads(expr.name, argument.value)) return issues
  return [...issues, { message: `invalid ${expr.name} argument`, offset: argument.offset }]
}
