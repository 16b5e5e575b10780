/** Writes YAML as libyaml does, which counts columns, folds at spaces past the eightieth and knows where a line may begin. */
import { isBreak, isPrintable } from './analyze-scalar.js'

const foldAfter = 80

const escapes: Readonly<Record<string, string>> = {
  '\0': '0',
  '\x07': 'a',
  '\b': 'b',
  '\t': 't',
  '\n': 'n',
  '\v': 'v',
  '\f': 'f',
  '\r': 'r',
  '\x1b': 'e',
  '"': '"',
  '\\': '\\',
  '\x85': 'N',
  '\xa0': '_',
  '\u2028': 'L',
  '\u2029': 'P',
}

function escaped(char: string): string {
  const known = escapes[char]
  if (known) return `\\${known}`
  const code = char.codePointAt(0)!
  const hex = code.toString(16).toUpperCase()
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`
}

type Chars = readonly string[]

export class YamlWriter {
  #text = ''
  #column = 0
  /** The last character was one of the spaces between tokens. */
  #whitespace = true
  /** Nothing but indentation and indicators stands on the line. */
  #indention = true
  /** Of what is written next. */
  indent = -1

  get indention(): boolean {
    return this.#indention
  }

  finish(): string {
    return this.#column > 0 ? `${this.#text}\n` : this.#text
  }

  #put(text: string, columns = text.length): void {
    this.#text += text
    this.#column += columns
  }

  #break(char = '\n'): void {
    this.#text += char
    this.#column = 0
  }

  /** Begins a line, unless the place is right already. */
  writeIndent(): void {
    const indent = Math.max(0, this.indent)
    if (!this.#indention || this.#column > indent || (this.#column === indent && !this.#whitespace)) this.#break()
    if (this.#column < indent) this.#put(' '.repeat(indent - this.#column))
    this.#whitespace = true
    this.#indention = true
  }

  writeIndicator(text: string, { spaced, indents }: { spaced: boolean; indents: boolean }): void {
    if (spaced && !this.#whitespace) this.#put(' ')
    this.#put(text)
    this.#whitespace = false
    this.#indention = this.#indention && indents
  }

  #mayFold(foldable: boolean, afterSpace: boolean): boolean {
    return foldable && !afterSpace && this.#column > foldAfter
  }

  /** Texts without quotes, or in single ones. */
  #writeFlow(chars: Chars, { foldable, quoted }: { foldable: boolean; quoted: boolean }): void {
    let spaces = false
    let breaks = false
    for (const [i, char] of chars.entries()) {
      if (char === ' ') {
        const inner = !quoted || (i > 0 && i < chars.length - 1)
        if (this.#mayFold(foldable, spaces) && inner && chars[i + 1] !== ' ') this.writeIndent()
        else this.#put(char)
        spaces = true
      } else if (isBreak(char)) {
        if (!breaks && char === '\n') this.#break()
        this.#break(char)
        this.#indention = true
        breaks = true
      } else {
        if (breaks) this.writeIndent()
        this.#put(quoted && char === "'" ? "''" : char, quoted && char === "'" ? 2 : 1)
        this.#indention = false
        spaces = false
        breaks = false
      }
    }
    this.#whitespace = false
    this.#indention = false
  }

  writePlain(chars: Chars, foldable: boolean): void {
    if (!this.#whitespace) this.#put(' ')
    this.#writeFlow(chars, { foldable, quoted: false })
  }

  writeSingleQuoted(chars: Chars, foldable: boolean): void {
    this.writeIndicator("'", { spaced: true, indents: false })
    this.#writeFlow(chars, { foldable, quoted: true })
    this.writeIndicator("'", { spaced: false, indents: false })
  }

  writeDoubleQuoted(chars: Chars, foldable: boolean): void {
    this.writeIndicator('"', { spaced: true, indents: false })
    let spaces = false
    for (const [i, char] of chars.entries()) {
      if (char === ' ') {
        if (this.#mayFold(foldable, spaces) && i > 0 && i < chars.length - 1) {
          this.writeIndent()
          if (chars[i + 1] === ' ') this.#put('\\')
        } else this.#put(char)
        spaces = true
      } else {
        const raw = isPrintable(char) && !isBreak(char) && char !== '"' && char !== '\\'
        this.#put(raw ? char : escaped(char), raw ? 1 : undefined)
        spaces = false
      }
    }
    this.writeIndicator('"', { spaced: false, indents: false })
  }

  writeLiteral(chars: Chars): void {
    this.writeIndicator('|', { spaced: true, indents: false })
    if (chars[0] === ' ' || isBreak(chars[0])) this.#put('2')
    if (!isBreak(chars.at(-1))) this.#put('-')
    else if (chars.length === 1 || isBreak(chars.at(-2))) this.#put('+')
    this.#break()
    this.#indention = true
    this.#whitespace = true
    let breaks = true
    for (const char of chars) {
      if (isBreak(char)) {
        this.#break(char)
        this.#indention = true
        breaks = true
      } else {
        if (breaks) this.writeIndent()
        this.#put(char, 1)
        this.#indention = false
        breaks = false
      }
    }
  }
}
