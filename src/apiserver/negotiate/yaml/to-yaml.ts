/** Prints objects as YAML, byte for byte as Go's sigs.k8s.io/yaml: keys sorted, lists below their key, long lines folded. */
import { goFloat } from '../../../machinery/go-number.js'
import { analyzeScalar } from './analyze-scalar.js'
import { compareKeys } from './key-order.js'
import { readsAsText } from './plain-text.js'
import { YamlWriter } from './yaml-writer.js'

const indentWidth = 2
/** Longer keys get a line with a question mark. */
const maxSimpleKeyBytes = 128

const numberText = (value: number): string => (Number.isSafeInteger(value) ? String(value) : goFloat(value))

const isWritten = (value: unknown) => value !== undefined && typeof value !== 'function'

class Printer {
  readonly writer = new YamlWriter()

  #nested(indentless: boolean, write: () => void): void {
    const { writer } = this
    const { indent } = writer
    if (indent < 0) writer.indent = 0
    else if (!indentless) writer.indent = indent + indentWidth
    write()
    writer.indent = indent
  }

  #text(text: string, isKey: boolean): void {
    const { writer } = this
    const chars = [...text]
    const { multiline, plainAllowed, singleQuotedAllowed, blockAllowed } = analyzeScalar(chars)
    const foldable = !isKey
    this.#nested(false, () => {
      if (text.includes('\n')) {
        if (blockAllowed && !isKey) return writer.writeLiteral(chars)
        return writer.writeDoubleQuoted(chars, foldable)
      }
      if (!readsAsText(text) || (isKey && multiline)) return writer.writeDoubleQuoted(chars, foldable)
      if (plainAllowed) return writer.writePlain(chars, foldable)
      if (singleQuotedAllowed) return writer.writeSingleQuoted(chars, foldable)
      return writer.writeDoubleQuoted(chars, foldable)
    })
  }

  #plain(text: string): void {
    this.writer.writePlain([...text], false)
  }

  #list(items: readonly unknown[], inMapping: boolean): void {
    const { writer } = this
    this.#nested(inMapping && !writer.indention, () => {
      for (const item of items) {
        writer.writeIndent()
        writer.writeIndicator('-', { spaced: true, indents: true })
        this.value(isWritten(item) ? item : null, false)
      }
    })
  }

  #key(key: string): boolean {
    const { writer } = this
    const simple = Buffer.byteLength(key) <= maxSimpleKeyBytes && !/[\n\r\x85\u2028\u2029]/.test(key)
    if (!simple) writer.writeIndicator('?', { spaced: true, indents: true })
    this.#text(key, simple)
    return simple
  }

  #map(object: Record<string, unknown>, keys: string[]): void {
    const { writer } = this
    this.#nested(false, () => {
      for (const key of keys.sort(compareKeys)) {
        writer.writeIndent()
        const simple = this.#key(key)
        if (!simple) writer.writeIndent()
        writer.writeIndicator(':', { spaced: !simple, indents: !simple })
        this.value(object[key], true)
      }
    })
  }

  value(value: unknown, inMapping: boolean): void {
    if (typeof value === 'string') this.#text(value, false)
    else if (typeof value === 'number') this.#plain(numberText(value))
    else if (Array.isArray(value)) {
      if (value.length) this.#list(value, inMapping)
      else this.#plain('[]')
    } else if (typeof value === 'object' && value !== null) {
      const object = value as Record<string, unknown>
      const keys = Object.keys(object).filter(key => isWritten(object[key]))
      if (keys.length) this.#map(object, keys)
      else this.#plain('{}')
    } else this.#plain(String(value))
  }
}

/** Fields that are undefined have no place in YAML; integers beyond 2^53 are bigints. */
export function toYaml(value: unknown): string {
  const printer = new Printer()
  printer.value(value, false)
  return printer.writer.finish()
}
