/** Parses the query form of a label selector, `a=b,c!=d,e in (x,y),!f`, with upstream's grammar and messages. */

import { isQualifiedName } from '../names.js'
import { badRequest } from '../status-error.js'
import { type Token, tokenize } from './label-lexer.js'
import { aggregate, type LabelOperator, type LabelRequirement, validateRequirement } from './label-requirement.js'

const operators: Partial<Record<Token['kind'], LabelOperator>> = {
  in: 'in',
  notin: 'notin',
  '=': '=',
  '==': '==',
  '!=': '!=',
  '>': 'gt',
  '<': 'lt',
}

const found = (literal: string, expected: string) => badRequest(`found '${literal}', expected: ${expected}`)

class LabelParser {
  private readonly tokens: Token[]
  private at = 0

  constructor(text: string) {
    this.tokens = tokenize(text)
  }

  parse(): LabelRequirement[] {
    const requirements: LabelRequirement[] = []
    let { kind, literal } = this.peek()
    if (kind === 'end') return requirements
    if (kind !== 'identifier' && kind !== '!') throw found(literal, "!, identifier, or 'end of string'")
    for (;;) {
      requirements.push(this.requirement())
      ;({ kind, literal } = this.take())
      if (kind === 'end') return requirements
      if (kind !== ',') throw found(literal, "',' or 'end of string'")
      const next = this.peek()
      if (next.kind !== 'identifier' && next.kind !== '!') throw found(next.literal, "identifier after ','")
    }
  }

  /** Within values and keys `in` and `notin` are ordinary words. */
  private asWord(token: Token): Token {
    return token.kind === 'in' || token.kind === 'notin' ? { ...token, kind: 'identifier' } : token
  }

  private peek(): Token {
    return this.asWord(this.tokens[this.at]!)
  }

  private take(): Token {
    return this.asWord(this.takeRaw())
  }

  private takeRaw(): Token {
    return this.tokens[this.at++] ?? this.tokens.at(-1)!
  }

  private requirement(): LabelRequirement {
    try {
      const requirement = this.unchecked()
      const errors = validateRequirement(requirement)
      if (errors.length) throw badRequest(aggregate(errors))
      return requirement
    } catch (error) {
      throw badRequest(`unable to parse requirement: ${(error as Error).message}`)
    }
  }

  private unchecked(): LabelRequirement {
    let token = this.take()
    const negated = token.kind === '!'
    if (negated) token = this.take()
    if (token.kind !== 'identifier') throw found(token.literal, 'identifier')
    const key = token.literal
    const keyErrors = isQualifiedName(key)
    // Upstream has no path at hand here and prints Go's nil.
    if (keyErrors.length) throw badRequest(`<nil>: Invalid value: ${JSON.stringify(key)}: ${keyErrors.join('; ')}`)
    if (negated) return { key, operator: '!', values: [] }
    const next = this.peek().kind
    if (next === 'end' || next === ',') return { key, operator: 'exists', values: [] }
    const operator = this.operator()
    const values = operator === 'in' || operator === 'notin' ? this.values() : this.exactValue()
    return { key, operator, values: [...new Set(values)].sort() }
  }

  private operator(): LabelOperator {
    const { kind, literal } = this.takeRaw()
    const operator = operators[kind]
    if (!operator) throw found(literal, 'in, notin, =, ==, !=, gt, lt')
    return operator
  }

  private values(): string[] {
    const open = this.take()
    if (open.kind !== '(') throw badRequest(`found '${open.literal}' expected: '('`)
    const first = this.peek()
    if (first.kind === ')') {
      this.take()
      return ['']
    }
    if (first.kind !== 'identifier' && first.kind !== ',') throw found(first.literal, "',', ')' or identifier")
    const values = this.identifiers()
    this.take()
    return values
  }

  /** Up to, and without, the closing parenthesis. Empty places are empty values: `(,a)`. */
  private identifiers(): string[] {
    const values: string[] = []
    for (;;) {
      const { kind, literal } = this.take()
      const next = this.peek()
      if (kind === 'identifier') {
        values.push(literal)
        if (next.kind === ')') return values
        if (next.kind !== ',') throw found(next.literal, "',' or ')'")
      } else if (kind === ',') {
        if (!values.length) values.push('')
        if (next.kind === ')') return [...values, '']
        if (next.kind === ',') {
          this.take()
          values.push('')
        }
      } else throw found(literal, "',', or identifier")
    }
  }

  private exactValue(): string[] {
    const next = this.peek().kind
    if (next === 'end' || next === ',') return ['']
    const { kind, literal } = this.take()
    if (kind !== 'identifier') throw found(literal, 'identifier')
    return [literal]
  }
}

/** The requirements in the order written. Throws a 400 StatusError in upstream's words. */
export const parseRequirements = (text: string): LabelRequirement[] => new LabelParser(text).parse()
