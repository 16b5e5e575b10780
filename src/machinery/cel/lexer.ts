/** Cuts an expression into tokens. */
import type { CelIssue } from './source.js'

export type TokenKind = 'int' | 'uint' | 'float' | 'string' | 'bytes' | 'identifier' | 'escaped' | 'symbol' | 'end'

export interface Token {
  kind: TokenKind
  text: string
  /** In code points. */
  offset: number
}

const patterns: readonly (readonly [TokenKind | 'space', RegExp])[] = [
  ['space', /[\t \r\n\f]+|\/\/[^\n]*/uy],
  ['bytes', stringPattern('[bB]')],
  ['string', stringPattern('')],
  ['float', /\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?/uy],
  ['uint', /(?:0x[0-9a-fA-F]+|\d+)[uU]/uy],
  ['int', /0x[0-9a-fA-F]+|\d+/uy],
  ['identifier', /[A-Za-z_][A-Za-z0-9_]*/uy],
  ['escaped', /`[A-Za-z0-9_.\-/ ]+`/uy],
  ['symbol', /==|!=|<=|>=|&&|\|\||[<>[\]{}().,\-!?:+*/%]/uy],
]

const unfinished =
  /^[bB]?[rR]?(?:"(?:\\[abfnrtv"'\\?`xXuU0-3]|[^\\"\n\r])*\\?|'(?:\\[abfnrtv"'\\?`xXuU0-3]|[^\\'\n\r])*\\?)[^\n\r]?/u

function stringPattern(prefix: string): RegExp {
  const sequence = String.raw`\\(?:[abfnrtv"'\\?\x60]|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2})`
  const raw = String.raw`[rR](?:"""[\s\S]*?"""|'''[\s\S]*?'''|"[^"\n\r]*"|'[^'\n\r]*')`
  const long = String.raw`"""(?:${sequence}|[^\\])*?"""|'''(?:${sequence}|[^\\])*?'''`
  const short = String.raw`"(?:${sequence}|[^\\"\n\r])*"|'(?:${sequence}|[^\\'\n\r])*'`
  return new RegExp(`${prefix}(?:${raw}|${long}|${short})`, 'uy')
}

/** What no token begins with is reported, and skipped. The last token is the end. */
export function tokenize(text: string, report: (issue: CelIssue) => void): Token[] {
  const tokens: Token[] = []
  let index = 0
  let offset = 0
  while (index < text.length) {
    const { kind, text: found } = match(text, index)
    if (kind === undefined) report({ message: `Syntax error: token recognition error at: '${found}'`, offset })
    else if (kind !== 'space') tokens.push({ kind, text: found, offset })
    index += found.length
    offset += [...found].length
  }
  tokens.push({ kind: 'end', text: '<EOF>', offset })
  return tokens
}

function match(text: string, index: number): { kind?: TokenKind | 'space'; text: string } {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = index
    const found = pattern.exec(text)?.[0]
    if (found) return { kind, text: found }
  }
  const rest = text.slice(index)
  // A string that does not end is one error, up to where it cannot go on.
  const open = unfinished.exec(rest)
  if (open) return { text: open[0] }
  return { text: String.fromCodePoint(text.codePointAt(index)!) }
}
