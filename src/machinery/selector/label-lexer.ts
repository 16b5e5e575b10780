/** Splits the query form of a label selector into tokens. */

/** A keyword or symbol as itself, `identifier` for a name, or `end`. */
export interface Token {
  kind: ')' | ',' | '!' | '==' | '=' | '>' | '<' | '!=' | '(' | 'in' | 'notin' | 'identifier' | 'end'
  literal: string
}

const symbols = new Set(['=', '!', '(', ')', ',', '>', '<', '==', '!='])
const special = /[=!(),><]/
const word = /[^ \t\r\n=!(),><\0]+/y
const blanks = /[ \t\r\n]*/y

/** The last token is always `end`. A NUL ends the text. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  for (;;) {
    blanks.lastIndex = at
    blanks.test(text)
    at = blanks.lastIndex
    const char = text[at]
    if (char === undefined || char === '\0') return [...tokens, { kind: 'end', literal: '' }]
    const literal = special.test(char) ? symbolAt(text, at) : wordAt(text, at)
    at += literal.length
    tokens.push({ kind: kindOf(literal), literal })
  }
}

/** The longest symbol there: `!=` and `==` before `!` and `=`. */
const symbolAt = (text: string, at: number): string => {
  const pair = text.slice(at, at + 2)
  return symbols.has(pair) ? pair : text[at]!
}

function wordAt(text: string, at: number): string {
  word.lastIndex = at
  return word.exec(text)![0]
}

function kindOf(literal: string): Token['kind'] {
  if (literal === 'in' || literal === 'notin' || symbols.has(literal)) return literal as Token['kind']
  return 'identifier'
}
