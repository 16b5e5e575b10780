/** Says what is wrong with a text that is no YAML, in the words and with the lines of Go's reader. */

/** What js-yaml found, and where; counts begin at 0. */
export interface YamlFault {
  reason: string
  line: number
  position: number
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\ufffe\uffff]/

/** The scanner counts lines from 1, and tells of the first of none. */
const scanned = (line: number, why: string) => (line ? `line ${line + 1}: ${why}` : why)
/** The parser counts lines from 0. */
const parsed = (line: number, why: string) => (line ? `line ${line}: ${why}` : why)

/** Where Go's reader is at the end of a text. */
const lastLine = (text: string) => text.split('\n').length - (text.endsWith('\n') ? 1 : 0)

const lineAt = (text: string, position: number) => text.slice(0, position).split('\n').length - 1

/** The brackets that are open at the end of a text, by position. */
function openBrackets(text: string): number[] {
  const open: number[] = []
  const token = /"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[[\]{}]/gs
  for (const { 0: found, index } of text.matchAll(token))
    if (found === '[' || found === '{') open.push(index)
    else if (found === ']' || found === '}') open.pop()
  return open
}

const expectedIn = (text: string, bracket: number) =>
  `did not find expected ',' or '${text[bracket] === '[' ? ']' : '}'}'`

/** A collection that does not end, or in which something stands that does not belong. */
function flowFault(text: string, until: number, line: number): string {
  const seen = text.slice(0, until)
  if (/[[{,:]\s*$/.test(seen)) return parsed(line, 'did not find expected node content')
  const bracket = openBrackets(seen).at(-1) ?? 0
  return parsed(lineAt(text, bracket) || line, expectedIn(text, bracket))
}

function blockFault(text: string, { reason, line, position }: YamlFault): string | undefined {
  const char = text[position]
  if (char === ':') return scanned(line, 'mapping values are not allowed in this context')
  if (char === '@' || char === '`' || char === '\t') return scanned(line, 'found character that cannot start any token')
  if (position === 0 && (char === ']' || char === '}')) return 'did not find expected node content'
  if (reason.startsWith('bad indentation of a sequence')) return parsed(line, "did not find expected '-' indicator")
  if (reason.startsWith('bad indentation of a mapping') || char === '-')
    return parsed(line, 'did not find expected key')
  return /^\S[^\n:]*$/m.test(text.slice(position).split('\n', 1)[0]!)
    ? `line ${line + 2}: could not find expected ':'`
    : undefined
}

type Words = (text: string, fault: YamlFault) => string | undefined

const words: readonly (readonly [RegExp, Words])[] = [
  [/^unexpected end of the stream within a flow/, text => flowFault(text, text.length, lastLine(text))],
  [/^can not read a block mapping entry/, (_, { line }) => `line ${line + 1}: could not find expected ':'`],
  [/^(missed comma between flow|deficient indentation)/, (text, { line, position }) => flowFault(text, position, line)],
  [
    /^unexpected end of the stream within a (double|single) quoted/,
    (_, { line }) => scanned(line, 'found unexpected end of stream'),
  ],
  [/^unknown escape sequence/, (_, { line }) => scanned(line, 'found unknown escape character')],
  [/^a line break is expected/, (_, { line }) => scanned(line, 'did not find expected comment or line break')],
  [/^tab characters/, (_, { line }) => scanned(line, 'found character that cannot start any token')],
  [
    /^unidentified alias/,
    (_, { reason }) => `unknown anchor '${reason.slice('unidentified alias "'.length, -1)}' referenced`,
  ],
  [/^(bad indentation|end of the stream or)/, blockFault],
]

/** Without the leading `yaml: `. */
export function describeYamlFault(text: string, fault: YamlFault): string {
  if (control.test(text)) return 'control characters are not allowed'
  for (const [pattern, describe] of words) {
    const found = pattern.test(fault.reason) ? describe(text, fault) : undefined
    if (found !== undefined) return found
  }
  return `line ${fault.line + 1}: ${fault.reason}`
}

/**
 * The text up to where Go's reader stops: it reads one document, and nothing behind its end. Undefined when that is not before the
 * fault. A document that is a collection in brackets, or a quoted text, ends with it.
 */
export function firstDocument(text: string, { reason, position }: YamlFault): string | undefined {
  const separator = /^(?:---|\.\.\.)(?=\s|$)/gm
  const start = /^(?:\s|#[^\n]*\n|%[^\n]*\n)*(?:---(?=\s))?/.exec(text)![0].length
  separator.lastIndex = start
  const end = separator.exec(text)
  if (end && end.index <= position) return text.slice(0, end.index)
  const isClosed = /^["'[{]/.test(text.slice(start).trimStart())
  return isClosed && reason.startsWith('end of the stream or') && position > start ? text.slice(0, position) : undefined
}
