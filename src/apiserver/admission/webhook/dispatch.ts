/** Which webhooks a request concerns, and one call of one of them. */
import type { AnyKind } from '../../../machinery/kind.js'
import type { AnyObject } from '../../../machinery/object-meta.js'
import { forbiddenError, internalError, StatusError } from '../../../machinery/status-error.js'
import type { Logger } from '../../../telemetry/logger.js'
import type { Authorize } from '../../authz/authorizer.js'
import type { CallWebhook } from '../../webhook-client/webhook-client.js'
import type { AdmissionAttributes } from '../admission.js'
import type { Equivalence } from '../equivalence.js'
import type { Lookup } from '../lookup.js'
import { authorizerValues, withAnswers } from '../policy/access.js'
import { admissionRequest } from '../policy/admission-request.js'
import { Evaluation, matchConditionBudget, OutOfBudget } from '../policy/evaluation.js'
import { matchesSelectors, matchingKind } from '../rule-matching.js'
import type { WebhookMetrics } from './metrics.js'
import { denial, dryRunUnsupported, newReview, type ReviewAnswer, readAnswer } from './review.js'
import type { RegisteredWebhook } from './webhooks.js'

export interface DispatchDeps {
  lookup: Lookup
  authorize: Authorize
  equivalence: Equivalence
  call: CallWebhook
  newUid(): string
  metrics: WebhookMetrics
  log: Logger
}

/** The objects of a request in the version of a kind. */
export function objectsAs({ object, old, kind }: AdmissionAttributes, as: AnyKind, { convert }: Equivalence) {
  const shown = (given: AnyObject | undefined) => given && convert(typed(given, kind), kind, as)
  return { object: shown(object), old: shown(old) }
}

/** What is in memory may leave its type out; webhooks are always told. Bodies of subresources have their own. */
function typed(object: AnyObject, { group, version, kind }: AnyKind): AnyObject {
  if (object.kind) return object
  return { kind, apiVersion: group ? `${group}/${version}` : version, ...object } as AnyObject
}

/** Whether all match conditions hold. Throws 403 when that cannot be told and failures are not ignored. */
async function conditionsHold(
  registered: RegisteredWebhook,
  attributes: AdmissionAttributes,
  as: AnyKind,
  deps: DispatchDeps,
): Promise<boolean> {
  const conditions = await registered.conditions()
  if (!conditions.length) return true
  const { object, old } = objectsAs(attributes, as, deps.equivalence)
  const values = authorizerValues(deps.authorize, attributes)
  const documents = { object, oldObject: old, request: admissionRequest(attributes, as) }
  const errors: string[] = []
  try {
    const excluded = await withAnswers(() => {
      errors.length = 0
      const evaluation = new Evaluation({ budget: matchConditionBudget, documents, values })
      return conditions.some(condition => {
        const outcome = evaluation.run(condition)
        if ('error' in outcome) errors.push(outcome.error)
        return 'value' in outcome && outcome.value === false
      })
    })
    if (excluded) return false
  } catch (error) {
    if (!(error instanceof OutOfBudget)) throw error
    errors.splice(0, errors.length, error.message)
  }
  if (!errors.length) return true
  if (registered.webhook.failurePolicy === 'Ignore') return false
  const why = errors.length === 1 ? errors[0]! : `[${errors.join(', ')}]`
  throw forbiddenError(attributes.kind, attributes.name, why)
}

/** The kind in whose version the webhook is to be called; undefined when it is not. Throws a StatusError. */
export async function invocationKind(
  registered: RegisteredWebhook,
  attributes: AdmissionAttributes,
  deps: DispatchDeps,
): Promise<AnyKind | undefined> {
  const { rules = [], matchPolicy, namespaceSelector, objectSelector } = registered.webhook
  const equivalents = matchPolicy === 'Exact' ? [] : deps.equivalence.of(attributes.kind)
  const kind = matchingKind(rules, attributes, equivalents)
  if (!kind) return undefined
  const criteria = { ...(namespaceSelector && { namespaceSelector }), ...(objectSelector && { objectSelector }) }
  if (!(await matchesSelectors(criteria, attributes, deps.lookup))) return undefined
  return (await conditionsHold(registered, attributes, kind, deps)) ? kind : undefined
}

/** Of a call that got no answer, and of one whose answer is none. */
const unavailable = 503

/** The call went wrong, as opposed to being answered with no. */
class CallFailed extends Error {
  constructor(
    message: string,
    readonly code = unavailable,
  ) {
    super(message)
  }
}

async function ask(
  { webhook }: RegisteredWebhook,
  attributes: AdmissionAttributes,
  as: AnyKind,
  { deps, mutating }: { deps: DispatchDeps; mutating: boolean },
): Promise<ReviewAnswer> {
  const uid = deps.newUid()
  const review = newReview(uid, attributes, as, objectsAs(attributes, as, deps.equivalence))
  const { service, url, caBundle } = webhook.clientConfig
  const config = { ...(service && { service }), ...(url && { url }), ...(caBundle && { caBundle }) }
  let answer: unknown
  try {
    answer = await deps.call(config, review, (webhook.timeoutSeconds ?? 10) * 1000)
  } catch (error) {
    const code = error instanceof StatusError ? error.code : unavailable
    throw new CallFailed(`failed to call webhook: ${(error as Error).message}`, code)
  }
  try {
    return readAnswer(answer, uid, mutating)
  } catch (error) {
    throw new CallFailed((error as Error).message)
  }
}

export interface CallContext {
  deps: DispatchDeps
  mutating: boolean
  /** Does what a webhook that allows wants done. May throw a StatusError. */
  accept?(answer: ReviewAnswer): void
}

/** Resolves when the webhook allows, or when the call failed and failures are ignored. Throws a StatusError. */
export async function callWebhook(
  registered: RegisteredWebhook,
  attributes: AdmissionAttributes,
  as: AnyKind,
  context: CallContext,
): Promise<void> {
  const { deps, mutating, accept } = context
  const { name, sideEffects, failurePolicy } = registered.webhook
  const call = deps.metrics.begin(name, mutating, attributes.operation)
  let refusal: StatusError | undefined
  try {
    if (attributes.dryRun && sideEffects !== 'None' && sideEffects !== 'NoneOnDryRun') throw dryRunUnsupported(name)
    const answer = await ask(registered, attributes, as, context)
    for (const warning of answer.warnings) attributes.warn?.(warning)
    if (!answer.allowed) throw (refusal = denial(name, answer.status))
    accept?.(answer)
    call.allowed()
  } catch (error) {
    if (!(error instanceof CallFailed)) {
      if (refusal) call.denied(refusal.code)
      else call.broken()
      throw error
    }
    const open = failurePolicy === 'Ignore'
    call.failed(error.code, open)
    if (!open) throw internalError(`failed calling webhook ${JSON.stringify(name)}: ${error.message}`)
    deps.log.warn({ webhook: name, error: error.message }, 'Failed calling webhook, failing open')
  }
}
