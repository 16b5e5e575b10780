/** Calls of `format` whose text and list are both written out: whether the one suits the other shows before they run. */

import type { Call, Expr } from './ast.js'
import type { Checked } from './checker.js'
import { childrenOf } from './literals.js'
import type { CelIssue } from './source.js'
import { resultTypeName, type TypeKind } from './types.js'

interface Clause {
  takes: readonly TypeKind[]
  /** In cel-go's words. */
  refusal: string
}

const clauses: Readonly<Record<string, Clause>> = {
  s: {
    takes: 'list map int uint double bool string timestamp bytes duration type null'.split(' ') as TypeKind[],
    refusal:
      'string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps',
  },
  d: { takes: ['int', 'uint'], refusal: 'decimal clause can only be used on integers' },
  f: { takes: ['double', 'string'], refusal: 'fixed-point clause can only be used on doubles' },
  e: { takes: ['double', 'string'], refusal: 'scientific clause can only be used on doubles' },
  b: { takes: ['int', 'uint', 'bool'], refusal: 'only integers and bools can be formatted as binary' },
  x: {
    takes: ['int', 'uint', 'string', 'bytes'],
    refusal: 'only integers, byte buffers, and strings can be formatted as hex',
  },
  o: { takes: ['int', 'uint'], refusal: 'octal clause can only be used on integers' },
}
const clauseOf = (letter: string) => clauses[letter === 'X' ? 'x' : letter]

const unreadable = (why: string) => `could not parse formatting clause: ${why}`

/** What keeps `%…` from being a clause; undefined when it is one. */
function clauseProblem(precision: string | undefined, letter: string): string | undefined {
  if (!letter && precision === undefined) return 'unexpected end of string'
  if (!letter) return unreadable('error while parsing precision: could not find end of precision specifier')
  const digits = precision?.slice(1)
  if (digits !== undefined && !(digits && Number(digits) < 2 ** 63)) {
    const why = `strconv.Atoi: parsing "${digits}": ${digits ? 'value out of range' : 'invalid syntax'}`
    return unreadable(`error while parsing precision: error while converting precision to integer: ${why}`)
  }
  if (clauseOf(letter)) return undefined
  // Go reads the text byte by byte.
  return unreadable(`unrecognized formatting clause "${String.fromCharCode(Buffer.from(letter)[0]!)}"`)
}

/** The first value that the clause does not take; what is written within lists and maps counts for `%s`. */
function refused(expr: Expr, { takes }: Clause, types: Checked['types']): Expr | undefined {
  const { kind } = types.get(expr.id)!
  if (kind !== 'dyn' && !takes.includes(kind)) return expr
  if (!takes.includes('list') || (expr.kind !== 'list' && expr.kind !== 'map')) return undefined
  for (const inner of childrenOf(expr)) {
    const found = refused(inner, { takes, refusal: '' }, types)
    if (found) return found
  }
  return undefined
}

function formatIssue(call: Call, args: readonly Expr[], types: Checked['types']): CelIssue | undefined {
  const text = (call.target as Expr & { kind: 'literal' }).value as string
  const at = (message: string, expr: Expr = call): CelIssue => ({ message, offset: expr.offset })
  let next = 0
  for (const [found, precision, letter = ''] of text.matchAll(/%(?:%|(\.\d*)?(.?))/gsu)) {
    if (found === '%%') continue
    const index = next++
    const missing = index >= args.length
    if (missing && found !== '%') return at(`index ${index} out of range`)
    const problem = clauseProblem(precision, letter)
    if (problem !== undefined) return at(problem)
    const clause = clauseOf(letter)!
    const bad = refused(args[index]!, clause, types)
    const shown = bad && resultTypeName({ ...types.get(bad.id)!, params: [] })
    if (bad) return at(`error during formatting: ${clause.refusal}, was given ${shown}`, bad)
  }
  if (args.length <= next) return undefined
  return at(`too many arguments supplied to string.format (expected ${next}, got ${args.length})`)
}

/** One of each call at most. */
export function formatIssues({ expr, types }: Checked): CelIssue[] {
  const issues: CelIssue[] = []
  const visit = (part: Expr) => {
    if (part.kind === 'call' && part.name === 'format' && part.args.length === 1) {
      const [list] = part.args
      const isText = part.target?.kind === 'literal' && typeof part.target.value === 'string'
      const issue = isText && list?.kind === 'list' ? formatIssue(part, list.elements, types) : undefined
      if (issue) issues.push(issue)
    }
    for (const child of childrenOf(part)) visit(child)
  }
  visit(expr)
  return issues
}
