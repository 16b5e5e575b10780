/** Reads valid JSON the slow way, keeping what JSON.parse loses: doubled keys, and integers beyond 2^53. */

export interface ExactJson {
  /** Integers beyond ±(2^53 - 1) are bigint. Of doubled keys the last counts. */
  value: unknown
  /** Paths of keys that were written before in the same object, such as `spec.containers[0].image`; each once. */
  duplicates: string[]
  /** How numbers with a point or an exponent were written, by their paths: `1.0` cannot be told from `1` once it is read. */
  fractions: Map<string, string>
}

/** Upstream stops counting there. */
const maxDuplicates = 100

class ExactReader {
  readonly duplicates = new Set<string>()
  readonly fractions = new Map<string, string>()
  private at = 0
  /** Sticky, so that it reads at `at`. */
  private readonly token = /[ \t\r\n]*("[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+)/y

  constructor(private readonly text: string) {}

  read(path: string): unknown {
    const token = this.next()
    if (token === '{') return this.readObject(path)
    if (token === '[') return this.readArray(path)
    if (/^-?\d{16,}$/.test(token)) return exactInteger(token)
    if (/^-?\d+(?=[.eE])/.test(token)) this.fractions.set(path, token)
    return JSON.parse(token)
  }

  private next(): string {
    this.token.lastIndex = this.at
    const match = this.token.exec(this.text)
    if (!match) throw new SyntaxError('Unexpected end of JSON input')
    this.at = this.token.lastIndex
    return match[1]!
  }

  private readObject(path: string): Record<string, unknown> {
    const object: Record<string, unknown> = {}
    for (let token = this.next(); token !== '}'; token = this.next()) {
      if (token === ',') continue
      const key = JSON.parse(token) as string
      const field = path ? `${path}.${key}` : key
      this.next()
      if (Object.hasOwn(object, key) && this.duplicates.size < maxDuplicates) this.duplicates.add(field)
      const value = this.read(field)
      // An assignment to __proto__ would not make a field.
      Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
    }
    return object
  }

  private readArray(path: string): unknown[] {
    const array: unknown[] = []
    for (;;) {
      const start = this.at
      const token = this.next()
      if (token === ']') return array
      if (token === ',') continue
      this.at = start
      array.push(this.read(`${path}[${array.length}]`))
    }
  }
}

function exactInteger(digits: string): number | bigint {
  const value = Number(digits)
  return Number.isSafeInteger(value) ? value : BigInt(digits)
}

/** `text` must be valid JSON: check with JSON.parse first. */
export function readExact(text: string): ExactJson {
  const reader = new ExactReader(text)
  const value = reader.read('')
  return { value, duplicates: [...reader.duplicates], fractions: reader.fractions }
}
