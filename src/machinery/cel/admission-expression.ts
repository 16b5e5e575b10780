/** Compiles one expression of an admission policy or a match condition, with upstream's words of what is wrong. */
import type { Environment } from './declarations.js'
import { type Compiled, compileExpression } from './environment.js'
import { CelProgramError } from './invocation.js'
import { CelCompileError } from './source.js'
import { type CelType, resultTypeName, sameType } from './types.js'

/** `internal`: not the fault of the text as such; upstream answers with an internal error. */
export interface ExpressionProblem {
  detail: string
  internal: boolean
}

export type CompilationResult = { compiled: Compiled } | { problem: ExpressionProblem }

const problem = (detail: string, internal = false): CompilationResult => ({ problem: { detail, internal } })

/** `wanted`: what it may be; empty: anything. The pattern engine must have been loaded. */
export function compileAdmissionExpression(
  text: string,
  environment: Environment,
  wanted: readonly CelType[],
): CompilationResult {
  try {
    const compiled = compileExpression(text, environment)
    const { resultType } = compiled
    if (!wanted.length || wanted.some(type => sameType(type, resultType))) return { compiled }
    const choice = wanted.length === 1 ? resultTypeName(wanted[0]!) : `one of [${wanted.map(resultTypeName).join(' ')}]`
    return problem(`must evaluate to ${choice} but got ${resultTypeName(resultType)}`)
  } catch (error) {
    if (error instanceof CelCompileError) return problem(`compilation failed: ${error.message}`)
    if (error instanceof CelProgramError) return problem(`program instantiation failed: ${error.message}`, true)
    throw error
  }
}
