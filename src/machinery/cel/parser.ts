/** Parses an expression: cel-go's grammar, written as recursive descent. */
import type { Call, Entry, Expr, Field } from './ast.js'
import { literals } from './constants.js'
import { type Token, tokenize } from './lexer.js'
import { expandMacro } from './macros.js'
import { NodeFactory } from './node-factory.js'
import { operandStart } from './operand-start.js'
import { CelCompileError, type CelIssue } from './source.js'

/** Upstream's limits, in code points and in levels. */
const maxLength = 100_000
const maxDepth = 250

const reserved = new Set(
  'as break const continue else false for function if import in let loop package namespace null return true var void while'.split(
    ' ',
  ),
)
const keywords = new Set(['in', 'true', 'false', 'null'])
const closers = new Set([')', ']', '}', ':'])
const relations = new Set(['<', '<=', '>=', '>', '==', '!=', 'in'])
/** Nothing can be made of what follows; the issue is noted already. */
class SyntaxStop extends Error {}

/** `bindings`: `cel.bind` is a macro. Throws CelCompileError. */
export function parse(text: string, bindings = false): Expr {
  const issues: CelIssue[] = []
  const length = [...text].length
  if (length > maxLength) {
    const message = `expression code point size exceeds limit: size: ${length}, limit ${maxLength}`
    throw new CelCompileError([{ message, offset: -1 }], text)
  }
  const parser = new Parser(
    tokenize(text, issue => issues.push(issue)),
    issues,
    bindings,
  )
  const expr = parser.run()
  if (issues.length || !expr) throw new CelCompileError(issues, text)
  return expr
}

class Parser {
  readonly #nodes = new NodeFactory()
  #position = 0
  #depth = 0
  /** Symbols that may stand in the place of the operand at hand. */
  #instead = ''

  constructor(
    private readonly tokens: readonly Token[],
    private readonly issues: CelIssue[],
    private readonly bindings: boolean,
  ) {}

  run(): Expr | undefined {
    try {
      const expr = this.#expr()
      if (this.#next.kind !== 'end') {
        const isLast = this.tokens[this.#position + 1]?.kind === 'end'
        this.#unexpected(`${isLast ? 'extraneous' : 'mismatched'} input '${this.#next.text}' expecting <EOF>`)
      }
      return expr
    } catch (error) {
      if (error instanceof SyntaxStop) return undefined
      throw error
    }
  }

  get #next(): Token {
    return this.tokens[this.#position]!
  }

  #take(): Token {
    this.#instead = ''
    return this.tokens[this.#position++]!
  }

  /** A symbol or keyword. */
  #is(text: string, ahead = 0): boolean {
    const token = this.tokens[this.#position + ahead]
    return token?.text === text && (token.kind === 'symbol' || keywords.has(text))
  }

  #takeIf(text: string): Token | undefined {
    return this.#is(text) ? this.#take() : undefined
  }

  /** As ANTLR, goes on as if a forgotten one were there. */
  #close(text: string): void {
    if (this.#takeIf(text)) return
    const { text: found, offset } = this.#next
    this.issues.push({ message: `Syntax error: missing '${text}' at '${found}'`, offset })
    if (this.#next.kind !== 'end') throw new SyntaxStop()
  }

  #expect(text: string, expecting = `'${text}'`): Token {
    if (!this.#is(text)) this.#unexpected(`mismatched input '${this.#next.text}' expecting ${expecting}`)
    return this.#take()
  }

  #unexpected(message: string): never {
    this.issues.push({ message: `Syntax error: ${message}`, offset: this.#next.offset })
    throw new SyntaxStop()
  }

  /** Notes the issue and goes on with a node in its place. */
  #report(message: string, offset: number): Expr {
    this.issues.push({ message, offset })
    return this.#nodes.literal(null, offset)
  }

  #expr(): Expr {
    if (++this.#depth > maxDepth) {
      this.issues.push({ message: `expression recursion limit exceeded: ${maxDepth}`, offset: -1 })
      throw new SyntaxStop()
    }
    const condition = this.#logical('||', '_||_', () => this.#logical('&&', '_&&_', () => this.#relation()))
    const question = this.#takeIf('?')
    let expr = condition
    if (question) {
      const yes = this.#logical('||', '_||_', () => this.#logical('&&', '_&&_', () => this.#relation()))
      this.#expect(':')
      expr = this.#nodes.call('_?_:_', [condition, yes, this.#expr()], question.offset)
    }
    this.#depth--
    return expr
  }

  /** Terms joined by one operator become a balanced tree. */
  #logical(symbol: string, name: string, operand: () => Expr): Expr {
    const terms = [operand()]
    const offsets: number[] = []
    for (let token = this.#takeIf(symbol); token; token = this.#takeIf(symbol)) {
      offsets.push(token.offset)
      terms.push(operand())
    }
    const build = (low: number, high: number): Expr => {
      const middle = (low + high + 1) >> 1
      const left = middle === low ? terms[middle]! : build(low, middle - 1)
      const right = middle === high ? terms[middle + 1]! : build(middle + 1, high)
      return this.#nodes.call(name, [left, right], offsets[middle]!)
    }
    return offsets.length ? build(0, offsets.length - 1) : terms[0]!
  }

  #relation(): Expr {
    let left = this.#sum()
    while (relations.has(this.#next.text) && this.#is(this.#next.text)) {
      const { text, offset } = this.#take()
      left = this.#nodes.call(text === 'in' ? '@in' : `_${text}_`, [left, this.#sum()], offset)
    }
    return left
  }

  #sum(): Expr {
    let left = this.#product()
    while (this.#is('+') || this.#is('-')) {
      const { text, offset } = this.#take()
      left = this.#nodes.call(`_${text}_`, [left, this.#product()], offset)
    }
    return left
  }

  #product(): Expr {
    let left = this.#unary()
    while (this.#is('*') || this.#is('/') || this.#is('%')) {
      const { text, offset } = this.#take()
      left = this.#nodes.call(`_${text}_`, [left, this.#unary()], offset)
    }
    return left
  }

  #unary(): Expr {
    for (const [symbol, name] of [
      ['!', '!_'],
      ['-', '-_'],
    ] as const) {
      if (!this.#is(symbol) || (symbol === '-' && this.#isNumber(1))) continue
      const { offset } = this.#next
      let count = 0
      while (this.#takeIf(symbol)) count++
      const operand = this.#member()
      return count % 2 ? this.#nodes.call(name, [operand], offset) : operand
    }
    return this.#member()
  }

  #isNumber(ahead: number): boolean {
    const kind = this.tokens[this.#position + ahead]?.kind
    return kind === 'int' || kind === 'float'
  }

  #member(): Expr {
    let expr = this.#primary()
    for (;;) {
      if (this.#is('.')) expr = this.#selection(expr, this.#take())
      else if (this.#is('[')) expr = this.#index(expr, this.#take())
      else return expr
    }
  }

  #selection(operand: Expr, { offset }: Token): Expr {
    const optional = this.#takeIf('?')
    const name = this.#fieldName()
    if (optional) return this.#nodes.call('_?._', [operand, this.#nodes.literal(name.text, name.offset)], offset)
    const open = this.#takeIf('(')
    if (!open) return this.#nodes.select(operand, name.text, offset)
    const args = this.#list(')', () => this.#expr())
    return this.#call({ name: name.text, target: operand, args }, open.offset)
  }

  #fieldName(): Token {
    const { kind, text, offset } = this.#next
    if (kind === 'escaped') this.#report("unsupported syntax: '`'", offset)
    else if (kind !== 'identifier' || keywords.has(text)) this.#noName()
    return this.#take()
  }

  /** After a dot. */
  #noName(): never {
    const { kind, text } = this.#next
    this.#unexpected(`no viable alternative at input '.${kind === 'end' ? '' : text}'`)
  }

  #index(operand: Expr, { offset }: Token): Expr {
    const optional = this.#takeIf('?')
    const index = this.#within(optional ? '' : '?', () => this.#expr())
    this.#expect(']')
    return this.#nodes.call(optional ? '_[?_]' : '_[_]', [operand, index], offset)
  }

  /** Items up to the closing symbol, which is taken too. */
  #list<T>(close: string, item: () => T, trailingComma = false): T[] {
    const items: T[] = []
    if (trailingComma && this.#is(',') && this.#is(close, 1)) this.#take()
    while (!this.#is(close)) {
      items.push(this.#within(items.length ? '' : `${close}${trailingComma ? ',?' : ''}`, item))
      if (!this.#takeIf(',')) break
      if (!trailingComma && this.#is(close)) this.#unexpected(`mismatched input '${close}' expecting ${operandStart()}`)
    }
    if (close === ')' && items.length && !this.#is(close)) this.#closeCall()
    else this.#expect(close, items.length ? `{'${close}', ','}` : `'${close}'`)
    return items
  }

  /** As ANTLR, goes on where one token is missing or too many. */
  #closeCall(): void {
    const { kind, text, offset } = this.#next
    const message = kind === 'end' ? `missing ')' at '<EOF>'` : `extraneous input '${text}' expecting ')'`
    if (kind !== 'end' && !this.#is(')', 1)) this.#expect(')', `{')', ','}`)
    this.issues.push({ message: `Syntax error: ${message}`, offset })
    if (kind === 'end') return
    this.#take()
    this.#take()
  }

  /** Parses an operand in whose place these symbols may stand. */
  #within<T>(instead: string, parse: () => T): T {
    this.#instead = instead
    try {
      return parse()
    } finally {
      this.#instead = ''
    }
  }

  #call(call: Pick<Call, 'name' | 'target' | 'args'>, offset: number): Expr {
    const expanded = expandMacro(call, this.#nodes, { offset, bindings: this.bindings })
    if (expanded && 'message' in expanded) return this.#report(expanded.message, expanded.offset)
    return expanded ?? this.#nodes.call(call.name, call.args, offset, call.target)
  }

  #primary(): Expr {
    const token = this.#next
    const { kind, text } = token
    if (kind === 'symbol') {
      if (text === '(') return this.#nested()
      if (text === '[') return this.#listLiteral()
      if (text === '{') return this.#mapLiteral()
      if (text === '.') return this.#name()
    }
    if (kind === 'identifier' && !keywords.has(text)) return this.#name()
    return this.#literal()
  }

  #nested(): Expr {
    this.#take()
    const expr = this.#expr()
    this.#close(')')
    return expr
  }

  #listLiteral(): Expr {
    const { offset } = this.#take()
    const optional = new Set<number>()
    let index = 0
    const item = () => {
      if (this.#takeIf('?')) optional.add(index)
      index++
      return this.#expr()
    }
    return this.#nodes.list(this.#list(']', item, true), offset, optional)
  }

  #mapLiteral(): Expr {
    const { offset } = this.#take()
    const entry = (): Entry => {
      const optional = !!this.#takeIf('?')
      const key = this.#expr()
      const colon = this.#expect(':')
      return { ...this.#nodes.node(colon.offset), key, value: this.#expr(), optional }
    }
    return this.#nodes.map(this.#list('}', entry, true), offset)
  }

  /** An identifier, a call, or a message: the names before `{` are one type name. */
  #name(): Expr {
    const dot = this.#takeIf('.')
    const token = this.#next
    if (token.kind !== 'identifier') this.#noName()
    const type = this.#messageType()
    if (type !== undefined) return this.#message(`${dot ? '.' : ''}${type}`)
    this.#take()
    const open = this.#takeIf('(')
    if (reserved.has(token.text)) {
      if (open) this.#list(')', () => this.#expr())
      return this.#report(`reserved identifier: ${token.text}`, (dot ?? token).offset)
    }
    const name = `${dot ? '.' : ''}${token.text}`
    if (open) return this.#call({ name, args: this.#list(')', () => this.#expr()) }, open.offset)
    return this.#nodes.ident(name, token.offset)
  }

  /** Takes `a.b.C` when `{` follows it. */
  #messageType(): string | undefined {
    let end = this.#position + 1
    while (this.tokens[end]?.text === '.' && this.tokens[end + 1]?.kind === 'identifier') end += 2
    if (this.tokens[end]?.text !== '{' || this.tokens[end]?.kind !== 'symbol') return undefined
    const names = this.tokens.slice(this.#position, end).map(({ text }) => text)
    this.#position = end
    return names.join('')
  }

  #message(typeName: string): Expr {
    const { offset } = this.#take()
    const field = (): Field => {
      const optional = !!this.#takeIf('?')
      const name = this.#fieldName().text
      const colon = this.#expect(':')
      return { ...this.#nodes.node(colon.offset), name, value: this.#expr(), optional }
    }
    return this.#nodes.struct(typeName, this.#list('}', field, true), offset)
  }

  /** As ANTLR, skips what is none and tries again; where an operand follows, the token was merely one too many. */
  #noOperand(): Expr {
    const { text, kind, offset } = this.#next
    const instead = this.#instead
    this.#instead = ''
    const following = this.tokens[this.#position + 1]
    const extra = kind !== 'end' && !!following && this.#mayFollow(following, instead)
    const message = `${extra ? 'extraneous' : 'mismatched'} input '${text}' expecting ${operandStart(instead)}`
    if (kind === 'end' || (!extra && closers.has(text))) this.#unexpected(message)
    this.issues.push({ message: `Syntax error: ${message}`, offset })
    this.#take()
    // Nothing was to stand there.
    if (extra && instead && following.kind === 'symbol' && instead.includes(following.text)) throw new SyntaxStop()
    return this.#unary()
  }

  #mayFollow(token: Token, instead: string): boolean {
    return (
      token.kind in literals || this.#startsOperand(token) || (token.kind === 'symbol' && instead.includes(token.text))
    )
  }

  #startsOperand({ kind, text }: Token): boolean {
    return kind === 'symbol' ? '[{(.-!'.includes(text) : kind === 'identifier' && text !== 'in'
  }

  #literal(): Expr {
    const { offset } = this.#next
    const sign = this.#takeIf('-') ? '-' : ''
    const { kind, text } = this.#next
    if (keywords.has(text) && text !== 'in' && kind === 'identifier') {
      this.#take()
      return this.#nodes.literal(text === 'null' ? null : text === 'true', offset)
    }
    const read = literals[kind]
    if (!read) return this.#noOperand()
    this.#take()
    try {
      return this.#nodes.literal(read(sign + text), offset)
    } catch (error) {
      return this.#report((error as Error).message, offset)
    }
  }
}
