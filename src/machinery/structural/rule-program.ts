/** Rules of one schema, compiled: what upstream calls a compilation result, its words of what is wrong included. */
import type { Environment } from '../cel/declarations.js'
import { type Compiled, compileExpression } from '../cel/environment.js'
import { estimateCost } from '../cel/estimate.js'
import { CelProgramError } from '../cel/invocation.js'
import { type DeclaredType, maxRequestBytes } from '../cel/schema/declared-type.js'
import { ruleEnvironments, sizesOf } from '../cel/schema/schema-environment.js'
import { CelCompileError } from '../cel/source.js'
import { boolType, type CelType, sameType, stringType } from '../cel/types.js'
import { findFieldPath } from './field-path.js'
import { additionalOf, type JsonSchema, propertyOf, type ValidationRule } from './json-schema.js'

/** An expression that can be run, with the most that it can cost once; or why it is none. */
export type RuleExpression = { compiled: Compiled; maxCost: number } | { problem: string }

export interface RuleProgram {
  rule: ValidationRule
  /** Undefined: there is no text. */
  expression: RuleExpression | undefined
  message: RuleExpression | undefined
  usesOldSelf: boolean
  /** Where errors are told, below the value; `''` at the value itself. */
  fieldPath: string
}

export const isRunnable = (
  expression: RuleExpression | undefined,
): expression is { compiled: Compiled; maxCost: number } => expression !== undefined && 'compiled' in expression

interface Wanted {
  type: CelType
  /** Said before each problem. */
  prefix: string
  otherwise: string
}

const asRule: Wanted = { type: boolType, prefix: '', otherwise: 'cel expression must evaluate to a bool' }
const asMessage: Wanted = {
  type: stringType,
  prefix: 'messageExpression ',
  otherwise: 'messageExpression must evaluate to a string',
}

function compileOne(text: string, environment: Environment, declared: DeclaredType, wanted: Wanted): RuleExpression {
  try {
    const compiled = compileExpression(text, environment)
    if (!sameType(compiled.resultType, wanted.type)) return { problem: wanted.otherwise }
    return { compiled, maxCost: estimateCost(compiled, sizesOf(declared)).max }
  } catch (error) {
    if (error instanceof CelCompileError) return { problem: `${wanted.prefix}compilation failed: ${error.message}` }
    if (!(error instanceof CelProgramError)) throw error
    return { problem: `${wanted.prefix || 'program '}instantiation failed: ${error.message}` }
  }
}

/** Names of fields with a dot before each but the first, keys of maps in brackets. */
function normalizedPath(schema: JsonSchema, path: string): string {
  let at: JsonSchema | undefined = schema
  let text = ''
  for (const step of findFieldPath(path, schema).steps) {
    text += at?.properties ? `${text && '.'}${step}` : `[${step}]`
    at = at && (at.properties ? propertyOf(at, step) : additionalOf(at))
  }
  return text
}

function fieldPathOf(schema: JsonSchema, { fieldPath }: ValidationRule): string {
  try {
    return fieldPath ? normalizedPath(schema, fieldPath) : ''
  } catch {
    return ''
  }
}

/** `declared` is the type of the schema's values. The pattern engine must have been loaded. */
export function compileRules(schema: JsonSchema, declared: DeclaredType): RuleProgram[] {
  const environments = ruleEnvironments(declared)
  return (schema['x-kubernetes-validations'] ?? []).map(rule => {
    const environment = rule.optionalOldSelf ? environments.optionalOld : environments.plain
    const expression = rule.rule?.trim() ? compileOne(rule.rule, environment, declared, asRule) : undefined
    const runs = isRunnable(expression)
    const hasMessage = runs && rule.messageExpression
    return {
      rule,
      expression,
      message: hasMessage ? compileOne(rule.messageExpression!, environment, declared, asMessage) : undefined,
      usesOldSelf: runs && [...expression.compiled.names.values()].includes('oldSelf'),
      fieldPath: runs ? fieldPathOf(schema, rule) : '',
    }
  })
}

/** How often values of that type can stand in one request, at most. */
export const maxOccurrences = ({ minSize }: DeclaredType): number => Math.floor(maxRequestBytes / (minSize + 1))
