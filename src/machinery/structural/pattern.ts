/** Patterns as Go understands them, matched in linear time whatever the pattern. */
import type { RE2JS } from 're2js'

let engine: typeof RE2JS | undefined

/** The engine is large and seldom needed: whoever compiles patterns loads it first. */
export async function loadPatternEngine(): Promise<void> {
  engine ??= (await import('re2js')).RE2JS
}

/** A pattern cannot be read; the message is Go's. */
export class PatternError extends Error {}

type Matches = (text: string) => boolean

const compiled = new Map<string, RE2JS>()
/** Patterns come from definitions, which come and go. */
const maxRemembered = 1000

/** Whether a text holds a match. Throws a PatternError. The engine must have been loaded. */
export function compilePattern(pattern: string): Matches {
  const regex = regexOf(pattern)
  return text => regex.matcher(text).find()
}

/** What matches, from the left, at most `limit` times. Throws a PatternError. The engine must have been loaded. */
export function findMatches(pattern: string, text: string, limit: number): string[] {
  const matcher = regexOf(pattern).matcher(text)
  const found: string[] = []
  while (found.length < limit && matcher.find()) found.push(matcher.group() ?? '')
  return found
}

function regexOf(pattern: string): RE2JS {
  const known = compiled.get(pattern)
  if (known) return known
  if (!engine) throw new Error('the pattern engine is not loaded')
  const regex = compileWith(engine, pattern)
  if (compiled.size >= maxRemembered) compiled.clear()
  compiled.set(pattern, regex)
  return regex
}

function compileWith(library: typeof RE2JS, pattern: string): RE2JS {
  try {
    return library.compile(pattern)
  } catch (error) {
    const { message } = error as Error
    // Go shows what is left of the pattern, even if nothing is.
    throw new PatternError(message.endsWith('at end of expression') ? `${message}: \`\`` : message)
  }
}
