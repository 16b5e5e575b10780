/** The text of an expression: where things stand in it, and errors shown as cel-go shows them. */

/** 1-based line, 0-based column in code points. */
export interface Location {
  line: number
  column: number
}

export interface CelIssue {
  message: string
  /** Code point offset; -1: the expression as a whole. */
  offset: number
}

/** An expression cannot be compiled. The message has one paragraph an issue, in the order of their places. */
export class CelCompileError extends Error {
  constructor(
    readonly issues: readonly CelIssue[],
    text: string,
  ) {
    super(formatIssues(issues, text))
  }
}

export function locationOf(codePoints: readonly string[], offset: number): Location {
  if (offset < 0) return { line: -1, column: -1 }
  let line = 1
  let column = 0
  for (let i = 0; i < offset && i < codePoints.length; i++) {
    if (codePoints[i] === '\n') {
      line++
      column = 0
    } else column++
  }
  return { line, column }
}

/** Lines longer than this are not shown below an error. */
const maxSnippetLength = 16384
const isWide = (char: string | undefined) => !!char && Buffer.byteLength(char) > 1

function snippet(line: string, column: number): string {
  const chars = [...line.replaceAll('\t', ' ')]
  let indicator = ''
  for (let i = 0; i < column && i < chars.length; i++) indicator += isWide(chars[i]) ? '\uff0e' : '.'
  indicator += isWide(chars[column]) ? '\uff3e' : '^'
  return `\n | ${chars.join('')}\n | ${indicator}`
}

function formatIssue({ message, offset }: CelIssue, text: string): string {
  // Of an empty text the end lies before the beginning, and there is nothing to show.
  if (!text && offset === 0) return `ERROR: <input>:1:0: ${message}`
  const { line, column } = locationOf([...text], offset)
  const shown = text.split('\n')[line - 1]
  const head = `ERROR: <input>:${line}:${column + 1}: ${message}`
  return shown === undefined || shown.length > maxSnippetLength ? head : head + snippet(shown, column)
}

export const formatIssues = (issues: readonly CelIssue[], text: string): string =>
  [...issues]
    .sort((a, b) => a.offset - b.offset)
    .map(issue => formatIssue(issue, text))
    .join('\n')
