/** Says what is wrong with a text that is no JSON, in the words of Go's decoder. */

const endOfInput = 'unexpected end of JSON input'

/** Thrown within, with Go's words. */
class Wrong extends Error {}

/** Of a byte. */
function quoteByte(char: string): string {
  if (char === "'") return `'\\''`
  if (char === '"') return `'"'`
  const code = char.charCodeAt(0)
  if (code >= 0x80) return `'${String.fromCharCode(code)}'`
  if (code >= 0x20 && code !== 0x7f) return `'${char === '\\' ? '\\\\' : char}'`
  const named: Readonly<Record<string, string>> = {
    '\t': '\\t',
    '\n': '\\n',
    '\r': '\\r',
    '\b': '\\b',
    '\f': '\\f',
    '\v': '\\v',
    '\x07': '\\a',
  }
  return `'${named[char] ?? `\\x${code.toString(16).padStart(2, '0')}`}'`
}

const literals = ['true', 'false', 'null']

/** Goes through bytes, each a character of `text`: Go names the byte that it does not expect, whatever character that belongs to. */
class Scanner {
  private at = 0
  constructor(private readonly text: string) {}

  document(): void {
    this.value()
    const char = this.skipBlanks()
    if (char !== undefined) throw this.wrong(char, 'after top-level value')
  }

  private wrong(char: string, context: string): Wrong {
    return new Wrong(`invalid character ${quoteByte(char)} ${context}`)
  }

  /** The character at hand, moved past; the end of the text is an error. */
  private take(): string {
    const char = this.text[this.at++]
    if (char === undefined) throw new Wrong(endOfInput)
    return char
  }

  private skipBlanks(): string | undefined {
    while (/^[ \t\r\n]$/.test(this.text[this.at] ?? '')) this.at++
    return this.text[this.at]
  }

  private takeAfterBlanks(): string {
    this.skipBlanks()
    return this.take()
  }

  private value(): void {
    const char = this.takeAfterBlanks()
    const literal = literals.find(word => word[0] === char)
    if (char === '{') this.object()
    else if (char === '[') this.array()
    else if (char === '"') this.string()
    else if (char === '-' || /^\d$/.test(char)) this.number(char)
    else if (literal) this.literal(literal)
    else throw this.wrong(char, 'looking for beginning of value')
  }

  private object(): void {
    if (this.skipBlanks() === '}') {
      this.at++
      return
    }
    for (;;) {
      const start = this.takeAfterBlanks()
      if (start !== '"') throw this.wrong(start, 'looking for beginning of object key string')
      this.string()
      const colon = this.takeAfterBlanks()
      if (colon !== ':') throw this.wrong(colon, 'after object key')
      this.value()
      const end = this.takeAfterBlanks()
      if (end === '}') return
      if (end !== ',') throw this.wrong(end, 'after object key:value pair')
    }
  }

  private array(): void {
    if (this.skipBlanks() === ']') {
      this.at++
      return
    }
    for (;;) {
      this.value()
      const end = this.takeAfterBlanks()
      if (end === ']') return
      if (end !== ',') throw this.wrong(end, 'after array element')
    }
  }

  private string(): void {
    for (;;) {
      const char = this.take()
      if (char === '"') return
      if (char < ' ') throw this.wrong(char, 'in string literal')
      if (char !== '\\') continue
      const next = this.take()
      if (next === 'u') this.hexadecimal()
      else if (!/^[bfnrt\\/"]$/.test(next)) throw this.wrong(next, 'in string escape code')
    }
  }

  private hexadecimal(): void {
    for (let i = 0; i < 4; i++) {
      const char = this.take()
      if (!/^[0-9a-fA-F]$/.test(char)) throw this.wrong(char, 'in \\u hexadecimal character escape')
    }
  }

  /** One digit at least, then all that follow. Go sees a blank where the text ends. */
  private digits(context: string): void {
    const char = this.at < this.text.length ? this.take() : ' '
    if (!/^\d$/.test(char)) throw this.wrong(char, context)
    while (/^\d$/.test(this.text[this.at] ?? '')) this.at++
  }

  private number(first: string): void {
    let char = first
    if (char === '-') {
      char = this.at < this.text.length ? this.take() : ' '
      if (!/^\d$/.test(char)) throw this.wrong(char, 'in numeric literal')
    }
    if (char !== '0') while (/^\d$/.test(this.text[this.at] ?? '')) this.at++
    if (this.text[this.at] === '.') {
      this.at++
      this.digits('after decimal point in numeric literal')
    }
    if (/^[eE]$/.test(this.text[this.at] ?? '')) {
      this.at++
      if (/^[-+]$/.test(this.text[this.at] ?? '')) this.at++
      this.digits('in exponent of numeric literal')
    }
  }

  private literal(word: string): void {
    for (const expected of word.slice(1)) {
      const char = this.at < this.text.length ? this.take() : ' '
      if (char !== expected) throw this.wrong(char, `in literal ${word} (expecting '${expected}')`)
    }
  }
}

/** Takes a text in UTF-8 that JSON.parse refuses. */
export function describeSyntaxError(bytes: Uint8Array): string {
  try {
    new Scanner(Buffer.from(bytes).toString('latin1')).document()
    return endOfInput
  } catch (error) {
    if (error instanceof Wrong) return error.message
    throw error
  }
}
