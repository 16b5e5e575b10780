/** Checks the expressions of a policy against the types of the kinds it is for. What is wrong is told, and changes nothing. */
import type {
  ExpressionWarning,
  ValidatingAdmissionPolicy,
  Variable,
} from '../../apis/generated/admissionregistration-v1.js'
import { composedType, newAdmissionEnvironment } from '../../machinery/cel/admission-environment.js'
import type { Environment } from '../../machinery/cel/declarations.js'
import { compileExpression } from '../../machinery/cel/environment.js'
import { CelProgramError } from '../../machinery/cel/invocation.js'
import { DeclaredStructs } from '../../machinery/cel/schema/declared-structs.js'
import { declaredType } from '../../machinery/cel/schema/declared-type.js'
import { CelCompileError } from '../../machinery/cel/source.js'
import { type CelType, dynType } from '../../machinery/cel/types.js'
import type { JsonSchema } from '../../machinery/structural/json-schema.js'
import type { CheckedKind } from './types-to-check.js'

export interface TypedKind extends CheckedKind {
  schema: JsonSchema
}

export interface PolicyTypes {
  objects: readonly TypedKind[]
  /** Undefined: `params` is not declared. */
  params?: TypedKind
  /** Goes into the names of types, which shall not be relied upon. */
  nanosecond: number
}

/** The type of the result, or what is wrong. */
function typeCheck(expression: string, environment: Environment): { type: CelType } | { issues: string } {
  try {
    return { type: compileExpression(expression, environment).resultType }
  } catch (error) {
    if (error instanceof CelCompileError) return { issues: error.message }
    // Its types are well: only running it would fail.
    if (error instanceof CelProgramError) return { type: dynType }
    throw error
  }
}

/** Where `object` is of that kind. */
function environmentOf(
  object: TypedKind,
  { params, nanosecond }: PolicyTypes,
  variables: readonly Variable[],
): Environment {
  const structs = new DeclaredStructs()
  const typeOf = ({ kind, schema }: TypedKind) => {
    const declared = declaredType(schema, true)
    return declared ? structs.typeOf(declared, `${kind}${nanosecond}`) : dynType
  }
  const types = new Map<string, CelType>()
  const environment = newAdmissionEnvironment({
    hasParams: !!params,
    hasAuthorizer: true,
    hasRequestResource: false,
    variables: types,
    object: typeOf(object),
    ...(params && { params: typeOf(params) }),
    findStruct: name => structs.find(name),
  })
  for (const { name, expression } of variables) {
    const result = typeCheck(expression, environment)
    types.set(name, 'type' in result ? composedType(result.type) : dynType)
  }
  return environment
}

const shown = ({ group, version, kind }: CheckedKind) => `${group}/${version}, Kind=${kind}`

/** Of validations and their messages; other expressions go unchecked, as upstream. The pattern engine must have been loaded. */
export function expressionWarnings({ spec }: ValidatingAdmissionPolicy, types: PolicyTypes): ExpressionWarning[] {
  const environments = types.objects.map(object => ({
    object,
    environment: environmentOf(object, types, spec.variables ?? []),
  }))
  const warnings: ExpressionWarning[] = []
  const check = (expression: string, fieldRef: string) => {
    const texts: string[] = []
    for (const { object, environment } of environments) {
      const result = typeCheck(expression, environment)
      if ('issues' in result) texts.push(`${shown(object)}: ${result.issues}\n`)
    }
    if (texts.length) warnings.push({ fieldRef, warning: texts.join('\n') })
  }
  for (const [i, { expression, messageExpression }] of (spec.validations ?? []).entries()) {
    check(expression, `spec.validations[${i}].expression`)
    if (messageExpression) check(messageExpression, `spec.validations[${i}].messageExpression`)
  }
  return warnings
}
