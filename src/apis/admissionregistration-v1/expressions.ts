/** CEL expressions in policies and webhooks: compiled when they are written, so that mistakes are told at once. */
import { composedType, newAdmissionEnvironment } from '../../machinery/cel/admission-environment.js'
import { compileAdmissionExpression } from '../../machinery/cel/admission-expression.js'
import type { Environment } from '../../machinery/cel/declarations.js'
import { boolType, type CelType, dynType, nullType, stringType } from '../../machinery/cel/types.js'
import { type FieldError, internalFieldError, invalid } from '../../machinery/field-error.js'

/** The environments that the expressions of one policy or webhook share. */
export class Expressions {
  readonly #withAuthorizer: Environment
  readonly #withoutAuthorizer: Environment
  readonly #variables = new Map<string, CelType>()

  /** `composed`: there are `variables`. */
  constructor({ hasParams, composed }: { hasParams: boolean; composed: boolean }) {
    const options = { hasParams, ...(composed && { variables: this.#variables }) }
    this.#withAuthorizer = newAdmissionEnvironment({ ...options, hasAuthorizer: true })
    this.#withoutAuthorizer = newAdmissionEnvironment({ ...options, hasAuthorizer: false })
  }

  /** From here on other expressions may name it. */
  *variable(name: string, expression: string, path: string): Generator<FieldError> {
    const result = compileAdmissionExpression(expression, this.#withAuthorizer, [])
    this.#variables.set(name, 'compiled' in result ? composedType(result.compiled.resultType) : dynType)
    yield* this.#errors(result, expression, path)
  }

  condition(expression: string, path: string): Generator<FieldError> {
    return this.#errors(compileAdmissionExpression(expression, this.#withAuthorizer, [boolType]), expression, path)
  }

  message(expression: string, path: string): Generator<FieldError> {
    return this.#errors(compileAdmissionExpression(expression, this.#withoutAuthorizer, [stringType]), expression, path)
  }

  auditAnnotation(expression: string, path: string): Generator<FieldError> {
    const wanted = [stringType, nullType]
    const result = compileAdmissionExpression(expression.trim(), this.#withAuthorizer, wanted)
    return this.#errors(result, expression, path)
  }

  *#errors(
    result: ReturnType<typeof compileAdmissionExpression>,
    expression: string,
    path: string,
  ): Generator<FieldError> {
    if ('compiled' in result) return
    const { detail, internal } = result.problem
    yield internal ? internalFieldError(path, detail) : invalid(path, expression, detail)
  }
}
