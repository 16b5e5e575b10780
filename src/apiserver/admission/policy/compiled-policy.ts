/** A ValidatingAdmissionPolicy with its expressions compiled. */
import type { ValidatingAdmissionPolicy } from '../../../apis/generated/admissionregistration-v1.js'
import { composedType, newAdmissionEnvironment } from '../../../machinery/cel/admission-environment.js'
import { type CompilationResult, compileAdmissionExpression } from '../../../machinery/cel/admission-expression.js'
import { boolType, type CelType, dynType, nullType, stringType } from '../../../machinery/cel/types.js'

export interface NamedExpression {
  name: string
  text: string
  result: CompilationResult
}

export interface CompiledValidation extends NamedExpression {
  message?: string
  messageExpression?: NamedExpression
  reason?: string
}

export interface CompiledPolicy {
  policy: ValidatingAdmissionPolicy
  variables: ReadonlyMap<string, NamedExpression>
  matchConditions: readonly NamedExpression[]
  validations: readonly CompiledValidation[]
  auditAnnotations: readonly NamedExpression[]
}

/** The pattern engine must have been loaded. */
export function compilePolicy(policy: ValidatingAdmissionPolicy): CompiledPolicy {
  const { paramKind, variables = [], matchConditions = [], validations = [], auditAnnotations = [] } = policy.spec
  const types = new Map<string, CelType>()
  const options = { hasParams: !!paramKind, ...(variables.length && { variables: types }) }
  const environment = newAdmissionEnvironment({ ...options, hasAuthorizer: true })
  const withoutAuthorizer = newAdmissionEnvironment({ ...options, hasAuthorizer: false })
  const compile = (name: string, text: string, wanted: readonly CelType[], within = environment): NamedExpression => ({
    name,
    text,
    result: compileAdmissionExpression(text, within, wanted),
  })
  const compiled = new Map<string, NamedExpression>()
  for (const { name, expression } of variables) {
    const variable = compile(name, expression, [])
    types.set(name, 'compiled' in variable.result ? composedType(variable.result.compiled.resultType) : dynType)
    compiled.set(name, variable)
  }
  return {
    policy,
    variables: compiled,
    matchConditions: matchConditions.map(({ name, expression }) => compile(name, expression, [boolType])),
    validations: validations.map(({ expression, message, messageExpression, reason }) => ({
      ...compile('', expression, [boolType]),
      ...(message && { message }),
      ...(reason && { reason }),
      ...(messageExpression && {
        messageExpression: compile('', messageExpression, [stringType], withoutAuthorizer),
      }),
    })),
    auditAnnotations: auditAnnotations.map(({ key, valueExpression }) =>
      compile(key, valueExpression.trim(), [stringType, nullType]),
    ),
  }
}
