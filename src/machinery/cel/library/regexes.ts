/** `find()` and `findAll()`: what a pattern matches. */
import { findMatches, PatternError } from '../../structural/pattern.js'
import { defineFunction, type FunctionDeclaration } from '../declarations.js'
import { CelError, newList, type Value } from '../values.js'

function found(text: string, pattern: string, limit: number): string[] {
  try {
    return findMatches(pattern, text, limit)
  } catch (error) {
    if (error instanceof PatternError) throw new CelError(`Illegal regex: ${error.message}`)
    throw error
  }
}

function findAll(text: Value | undefined, pattern: Value | undefined, limit: Value = -1n): Value | undefined {
  if (typeof text !== 'string' || typeof pattern !== 'string' || typeof limit !== 'bigint') return undefined
  return newList(found(text, pattern, limit < 0n ? Number.POSITIVE_INFINITY : Number(limit)))
}

export const regexes: readonly FunctionDeclaration[] = [
  defineFunction('find', ['string_find_string: string.(string) -> string'], (text, pattern) =>
    typeof text === 'string' && typeof pattern === 'string' ? (found(text, pattern, 1)[0] ?? '') : undefined,
  ),
  defineFunction(
    'findAll',
    [
      'string_find_all_string: string.(string) -> list(string)',
      'string_find_all_string_int: string.(string, int) -> list(string)',
    ],
    findAll,
  ),
]
