/** Reads the JSONPath of printer columns, such as `.status.conditions[?(@.type=="Ready")].status`: kubectl's dialect, without templates. */

export type Operand = { type: 'literal'; value: unknown } | { type: 'path'; steps: readonly Step[] }

export type Step =
  | { type: 'field'; name: string }
  | { type: 'wildcard' }
  | { type: 'recursive' }
  | { type: 'slice'; start?: number; end?: number; step?: number }
  | { type: 'union'; members: readonly Step[] }
  | { type: 'filter'; left: Operand; operator: string; right: Operand }

/** The path cannot be read. */
export class JsonPathError extends Error {}

const number = /^-?\d+$/
const slice = /^(-?\d*)(:(-?\d*))?(:(-?\d*))?$/
const comparison = /^\s*(.+?)\s*(==|!=|<=|>=|<|>)\s*(.+?)\s*$/s

/** Where the bracket that opens at `start` closes. */
function closingBracket(text: string, start: number): number {
  let depth = 0
  let quote = ''
  for (let i = start; i < text.length; i++) {
    const c = text[i]!
    if (quote) {
      if (c === '\\') i++
      else if (c === quote) quote = ''
    } else if (c === "'" || c === '"') quote = c
    else if (c === '[') depth++
    else if (c === ']' && --depth === 0) return i
  }
  throw new JsonPathError('unterminated array')
}

/** Parts between commas that stand outside of quotes. */
function members(text: string): string[] {
  return text.match(/(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^,])+/gs) ?? []
}

const unquote = (text: string) => text.slice(1, -1).replace(/\\(.)/gs, '$1')
const isQuoted = (text: string) => /^(['"]).*\1$/s.test(text) && text.length > 1

function operand(text: string): Operand {
  if (isQuoted(text)) return { type: 'literal', value: unquote(text) }
  if (text === 'true' || text === 'false') return { type: 'literal', value: text === 'true' }
  if (/^-?\d+(\.\d+)?$/.test(text)) return { type: 'literal', value: Number(text) }
  if (text.startsWith('@')) return { type: 'path', steps: parseJsonPath(text.slice(1)) }
  throw new JsonPathError(`unrecognized character in filter: ${text}`)
}

function filter(text: string): Step {
  const found = comparison.exec(text)
  if (!found)
    return { type: 'filter', left: operand(text.trim()), operator: 'exists', right: { type: 'literal', value: true } }
  return { type: 'filter', left: operand(found[1]!), operator: found[2]!, right: operand(found[3]!) }
}

const bound = (text: string | undefined) => (text === undefined || text === '' ? undefined : Number(text))

function bracketMember(text: string): Step {
  if (text === '*') return { type: 'wildcard' }
  if (isQuoted(text)) return { type: 'field', name: unquote(text) }
  if (number.test(text)) {
    const start = Number(text)
    return { type: 'slice', start, ...(start !== -1 && { end: start + 1 }) }
  }
  const found = slice.exec(text)
  if (!found) throw new JsonPathError(`invalid array index ${text}`)
  const [start, end, step] = [bound(found[1]), bound(found[3]), bound(found[5])]
  return {
    type: 'slice',
    ...(start !== undefined && { start }),
    ...(end !== undefined && { end }),
    ...(step !== undefined && { step }),
  }
}

function bracket(text: string): Step {
  const filtered = /^\?\((.*)\)$/s.exec(text)
  if (filtered) return filter(filtered[1]!)
  const parts = members(text).map(part => part.trim())
  if (parts.length === 1) return bracketMember(parts[0]!)
  if (!parts.length) throw new JsonPathError('invalid array index')
  return { type: 'union', members: parts.map(bracketMember) }
}

/** A name ends at the next dot or bracket; a backslash makes the next character part of it. */
const fieldName = /(?:\\.|[^\\.[\]\s])+/sy

/** The text begins with `.` or `[`, or is empty. Throws a JsonPathError. */
export function parseJsonPath(text: string): Step[] {
  const steps: Step[] = []
  let at = 0
  while (at < text.length) {
    if (text[at] === '[') {
      const end = closingBracket(text, at)
      steps.push(bracket(text.slice(at + 1, end)))
      at = end + 1
      continue
    }
    if (text[at] !== '.') throw new JsonPathError(`unrecognized character in action: ${text[at]}`)
    at++
    if (text[at] === '.') {
      steps.push({ type: 'recursive' })
      at++
    }
    fieldName.lastIndex = at
    const [name = ''] = fieldName.exec(text) ?? []
    if (name) steps.push(name === '*' ? { type: 'wildcard' } : { type: 'field', name: name.replace(/\\(.)/gs, '$1') })
    else if (at < text.length && text[at] !== '[' && text[at] !== '.')
      throw new JsonPathError(`unrecognized character in action: ${text[at]}`)
    at += name.length
  }
  return steps
}
