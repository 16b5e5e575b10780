/** What an expression may name: functions with their overloads, variables, constants, and structs with their fields. */
import { type CelType, parseType, splitTypes } from './types.js'
import type { Value } from './values.js'

export interface Overload {
  /** cel-go's id: costs hang on it. */
  readonly id: string
  readonly member: boolean
  /** The receiver of a member function is the first. */
  readonly args: readonly CelType[]
  readonly result: CelType
  /** Names of type parameters. */
  readonly params: readonly string[]
}

/** Takes the receiver first. Throws CelError; undefined: no overload is for these values. */
export type Implementation = (...args: Value[]) => Value | undefined

export interface FunctionDeclaration {
  readonly name: string
  readonly overloads: readonly Overload[]
  readonly call: Implementation
}

export interface StructDeclaration {
  readonly name: string
  /** Undefined when there is no such field. */
  field(name: string): CelType | undefined
}

export interface Environment {
  /** Whether `cel.bind(name, value, result)` is known. */
  readonly bindings?: boolean
  function(name: string): FunctionDeclaration | undefined
  variable(name: string): CelType | undefined
  struct(name: string): StructDeclaration | undefined
  /** A type's name is a value too. */
  typeNamed(name: string): CelType | undefined
}

function paramsOf(type: CelType): string[] {
  return type.kind === 'param' ? [type.name] : type.params.flatMap(paramsOf)
}

/** From `id: list(A).(A, int) -> bool` of a member function, or `id: (string) -> int`. */
function parseOverload(text: string): Overload {
  const [, id = '', receiver, argumentList = '', result = ''] = /^(\S+): (?:(.+)\.)?\((.*)\) -> (.+)$/u.exec(text) ?? []
  const args = [...(receiver ? [receiver] : []), ...splitTypes(argumentList)].map(parseType)
  const resultType = parseType(result)
  const params = [...new Set([...args, resultType].flatMap(paramsOf))]
  return { id, member: !!receiver, args, result: resultType, params }
}

/** Parses the overloads when they are first asked for: an environment declares some two hundred. */
export function defineFunction(name: string, overloads: readonly string[], call: Implementation): FunctionDeclaration {
  let parsed: readonly Overload[] | undefined
  return {
    name,
    get overloads() {
      return (parsed ??= overloads.map(parseOverload))
    },
    call,
  }
}
