/** How tokens become constants. */
import { type Constant, Uint } from './ast.js'
import type { TokenKind } from './lexer.js'
import { unquote, unquoteBytes } from './string-literal.js'

/** By kind of token; each throws when the text stands for no value. */
export const literals: Partial<Record<TokenKind, (text: string) => Constant>> = {
  int(text) {
    const value = text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text)
    if (BigInt.asIntN(64, value) !== value) throw new Error('invalid int literal')
    return value
  },
  uint(text) {
    const value = BigInt(text.slice(0, -1))
    if (BigInt.asUintN(64, value) !== value) throw new Error('invalid uint literal')
    return new Uint(value)
  },
  float(text) {
    const value = Number(text)
    if (!Number.isFinite(value)) throw new Error('invalid double literal')
    return value
  },
  string: text => unquote(text),
  bytes: text => unquoteBytes(text.slice(1)),
}
