/** What a policy says to a request with one set of parameters. */

import type { Value } from '../../../machinery/cel/values.js'
import { typeNameOf } from '../../../machinery/cel/values.js'
import type { Clock } from '../../../machinery/clock.js'
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

/** Something is not as the policy wants it, or that could not be told. */
export interface Decision {
  message: string
  /** Status reason; absent: Invalid. */
  reason?: string
  /** Which validation; absent where it is none that failed. */
  index?: number
  /** The time that its evaluation took. */
  seconds: number
}

export interface PolicyResult {
  /** The binding says what becomes of them. */
  denials: readonly Decision[]
  /** Of audit annotations: these always deny. */
  annotationErrors: readonly Decision[]
  /** What went wrong and is ignored. */
  ignored: readonly Decision[]
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
  clock: Clock
}

const nothing: PolicyResult = { denials: [], annotationErrors: [], ignored: [], auditAnnotations: new Map() }
/** Longest message that an expression may make, in bytes. */
const maxMessage = 5 * 1024

export function evaluatePolicy(compiled: CompiledPolicy, input: PolicyInput): Promise<PolicyResult> {
  return withAnswers(() => new PolicyRun(compiled, input).decide())
}

class PolicyRun {
  readonly #ignoresErrors: boolean
  readonly #ignored: Decision[] = []

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
      return { denials, ignored: this.#ignored, ...this.#annotate() }
    } catch (error) {
      if (!(error instanceof OutOfBudget)) throw error
      return this.#failed(error.message)
    }
  }

  #evaluation(of: 'conditions' | 'validations' | 'annotations'): Evaluation {
    const { attributes, request, namespace, params, authorizers } = this.input
    const isCondition = of === 'conditions'
    const documents = { object: attributes.object, oldObject: attributes.old, request, params }
    const options: EvaluationOptions = {
      budget: isCondition ? matchConditionBudget : validationBudget,
      // Conditions may name the namespace, but upstream does not give it to them.
      documents: isCondition ? documents : { ...documents, namespaceObject: namespace },
      ...(of !== 'annotations' && { values: authorizers }),
      ...(!isCondition && { variables: this.compiled.variables }),
    }
    return new Evaluation(options)
  }

  /** Upstream does not measure it. */
  #failed(message: string): PolicyResult {
    const decision = { message, seconds: 0 }
    return this.#ignoresErrors ? { ...nothing, ignored: [decision] } : { ...nothing, denials: [decision] }
  }

  /** True, or what the policy says when it does not go on. */
  #conditionsMet(): true | PolicyResult {
    const evaluation = this.#evaluation('conditions')
    const errors: string[] = []
    for (const condition of this.compiled.matchConditions) {
      const outcome = evaluation.run(condition)
      if ('error' in outcome) errors.push(outcome.error)
      else if (outcome.value === false) return nothing
    }
    if (!errors.length) return true
    return this.#failed(errors.length === 1 ? errors[0]! : `[${errors.join(', ')}]`)
  }

  #validate(): Decision[] {
    const evaluation = this.#evaluation('validations')
    const outcomes = this.compiled.validations.map(validation => this.#timed(validation, evaluation))
    return outcomes.flatMap(({ outcome, seconds }, index) => {
      if ('value' in outcome)
        return outcome.value === true
          ? []
          : [{ ...this.#denial(this.compiled.validations[index]!, evaluation), index, seconds }]
      const decision = { message: outcome.error, index, seconds }
      if (!this.#ignoresErrors) return [decision]
      this.#ignored.push(decision)
      return []
    })
  }

  #timed(expression: NamedExpression, evaluation: Evaluation): { outcome: Outcome; seconds: number } {
    const { clock } = this.input
    const started = clock.monotonic()
    const outcome = evaluation.run(expression)
    return { outcome, seconds: (clock.monotonic() - started) / 1000 }
  }

  #denial(validation: CompiledValidation, evaluation: Evaluation): Omit<Decision, 'seconds'> {
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

  #annotate(): Pick<PolicyResult, 'annotationErrors' | 'auditAnnotations'> {
    const evaluation = this.#evaluation('annotations')
    const auditAnnotations = new Map<string, string>()
    const annotationErrors: Decision[] = []
    for (const annotation of this.compiled.auditAnnotations) {
      const { outcome, seconds } = this.#timed(annotation, evaluation)
      if ('error' in outcome) {
        if (!this.#ignoresErrors) annotationErrors.push({ message: outcome.error, seconds })
        continue
      }
      const message = unsupported(annotation, outcome.value)
      if (message !== undefined) annotationErrors.push({ message, seconds })
      else if (typeof outcome.value === 'string' && outcome.value.trim())
        auditAnnotations.set(annotation.name, outcome.value.trim())
    }
    return { annotationErrors, auditAnnotations }
  }
}

function unsupported({ text }: NamedExpression, value: Value): string | undefined {
  if (typeof value === 'string' || value === null) return undefined
  return `valueExpression '${text}' resulted in unsupported return type: ${typeNameOf(value)}. Return type must be either string or null.`
}
