/** What a policy says to a request with one set of parameters. */

import type { Value } from '../../../machinery/cel/values.js'
import { typeNameOf } from '../../../machinery/cel/values.js'
import type { AnyObject } from '../../../machinery/object-meta.js'
import type { AdmissionAttributes } from '../admission.js'
import { withAnswers } from './access.js'
import type { CompiledPolicy, CompiledValidation, NamedExpression } from './compiled-policy.js'
import {
  Evaluation,
  type EvaluationOptions,
  matchConditionBudget,
  type Outcome,
  OutOfBudget,
  validationBudget,
} from './evaluation.js'

export interface Denial {
  message: string
  /** Status reason; absent: Invalid. */
  reason?: string
}

export interface PolicyResult {
  denials: { index: number; denial: Denial }[]
  /** Values by key. */
  auditAnnotations: ReadonlyMap<string, string>
}

export interface PolicyInput {
  attributes: AdmissionAttributes
  /** AdmissionRequest. */
  request: Record<string, unknown>
  namespace: AnyObject | undefined
  params: AnyObject | undefined
  /** `authorizer` and `authorizer.requestResource`. */
  authorizers: Readonly<Record<string, Value>>
}

const nothing: PolicyResult = { denials: [], auditAnnotations: new Map() }
/** Longest message that an expression may make, in bytes. */
const maxMessage = 5 * 1024

export function evaluatePolicy(compiled: CompiledPolicy, input: PolicyInput): Promise<PolicyResult> {
  return withAnswers(() => new PolicyRun(compiled, input).decide())
}

class PolicyRun {
  readonly #ignoresErrors: boolean

  constructor(
    private readonly compiled: CompiledPolicy,
    private readonly input: PolicyInput,
  ) {
    this.#ignoresErrors = compiled.policy.spec.failurePolicy === 'Ignore'
  }

  decide(): PolicyResult {
    try {
      const met = this.#conditionsMet()
      if (met !== true) return met
      const denials = this.#validate()
      return { denials, auditAnnotations: this.#annotate(denials) }
    } catch (error) {
      if (!(error instanceof OutOfBudget)) throw error
      return this.#failed(error.message)
    }
  }

  #evaluation(budget: number, withAuthorizer: boolean, composed: boolean): Evaluation {
    const { attributes, request, namespace, params, authorizers } = this.input
    const options: EvaluationOptions = {
      budget,
      documents: { object: attributes.object, oldObject: attributes.old, request, namespaceObject: namespace, params },
      ...(withAuthorizer && { values: authorizers }),
      ...(composed && { variables: this.compiled.variables }),
    }
    return new Evaluation(options)
  }

  #failed(message: string): PolicyResult {
    return this.#ignoresErrors ? nothing : { ...nothing, denials: [{ index: 0, denial: { message } }] }
  }

  /** True, or what the policy says when it does not go on. */
  #conditionsMet(): true | PolicyResult {
    const evaluation = this.#evaluation(matchConditionBudget, true, false)
    const errors: string[] = []
    for (const condition of this.compiled.matchConditions) {
      const outcome = evaluation.run(condition)
      if ('error' in outcome) errors.push(outcome.error)
      else if (outcome.value === false) return nothing
    }
    if (!errors.length) return true
    return this.#failed(errors.length === 1 ? errors[0]! : `[${errors.join(', ')}]`)
  }

  #validate(): PolicyResult['denials'] {
    const evaluation = this.#evaluation(validationBudget, true, true)
    const outcomes = this.compiled.validations.map(validation => evaluation.run(validation))
    return outcomes.flatMap((outcome, index) => {
      const denial = this.#denial(this.compiled.validations[index]!, outcome, evaluation)
      return denial ? [{ index, denial }] : []
    })
  }

  #denial(validation: CompiledValidation, outcome: Outcome, evaluation: Evaluation): Denial | undefined {
    if ('error' in outcome) return this.#ignoresErrors ? undefined : { message: outcome.error }
    if (outcome.value === true) return undefined
    const own = validation.messageExpression && this.#message(validation.messageExpression, evaluation)
    const message = own || validation.message?.trim() || `failed expression: ${validation.text.trim()}`
    return { message, ...(validation.reason && { reason: validation.reason }) }
  }

  /** `''` when it makes none that can be shown. */
  #message(expression: NamedExpression, evaluation: Evaluation): string {
    const outcome = evaluation.run(expression)
    if ('error' in outcome || typeof outcome.value !== 'string') return ''
    const message = outcome.value.trim()
    return Buffer.byteLength(message) > maxMessage || message.includes('\n') ? '' : message
  }

  /** What cannot be evaluated is one more denial. */
  #annotate(denials: PolicyResult['denials']): Map<string, string> {
    const evaluation = this.#evaluation(validationBudget, false, true)
    const values = new Map<string, string>()
    for (const annotation of this.compiled.auditAnnotations) {
      const outcome = evaluation.run(annotation)
      const problem = 'error' in outcome ? outcome.error : unsupported(annotation, outcome.value)
      if (problem && !this.#ignoresErrors) denials.push({ index: denials.length, denial: { message: problem } })
      else if ('value' in outcome && typeof outcome.value === 'string' && outcome.value.trim())
        values.set(annotation.name, outcome.value.trim())
    }
    return values
  }
}

function unsupported({ text }: NamedExpression, value: Value): string | undefined {
  if (typeof value === 'string' || value === null) return undefined
  return `valueExpression '${text}' resulted in unsupported return type: ${typeNameOf(value)}. Return type must be either string or null.`
}
