/** What mutating and validating webhooks have in common: defaults and checks. */
import { duplicate, type FieldError, invalid, notSupported, required } from '../../machinery/field-error.js'
import { isDns1035Label, isDns1123Subdomain } from '../../machinery/names.js'
import { validateLabelSelector } from '../../machinery/selector/index.js'
import type { MutatingWebhook, ValidatingWebhook } from '../generated/admissionregistration-v1.js'
import { semanticEqual } from '../validation/semantic-equal.js'
import { formatErrors } from '../validation/text.js'
import { validateWebhookService, validateWebhookUrl } from '../validation/webhook-client.js'
import { Expressions } from './expressions.js'
import { validateMatchConditions } from './match-conditions.js'
import { defaultRules, validateRule } from './rules.js'

type Webhook = ValidatingWebhook & Pick<MutatingWebhook, 'reinvocationPolicy'>
type Webhooks = readonly Webhook[]

/** Sorted, as upstream's messages list them. */
export const failurePolicies = ['Fail', 'Ignore']
export const matchPolicies = ['Equivalent', 'Exact']
const reinvocationPolicies = ['IfNeeded', 'Never']
const allSideEffects = ['None', 'NoneOnDryRun', 'Some', 'Unknown']
const noSideEffects = ['None', 'NoneOnDryRun']
const reviewVersions = ['v1', 'v1beta1']

/** What an update need not mend, because the stored object already had it. */
interface Leniency {
  sideEffects: boolean
  reviewVersions: boolean
  duplicateNames: boolean
  labelValues: boolean
  matchConditions: boolean
}

const strict: Leniency = {
  sideEffects: false,
  reviewVersions: false,
  duplicateNames: false,
  labelValues: false,
  matchConditions: false,
}

const selectorErrors = ({ namespaceSelector, objectSelector }: Webhook): FieldError[] => [
  ...validateLabelSelector(namespaceSelector, ''),
  ...validateLabelSelector(objectSelector, ''),
]

const leniencyOf = (webhooks: Webhooks, old: Webhooks): Leniency => ({
  sideEffects: old.some(hook => !noSideEffects.includes(hook.sideEffects)),
  reviewVersions: old.some(
    ({ admissionReviewVersions: versions = [] }) => versions.length && !versions.some(v => reviewVersions.includes(v)),
  ),
  duplicateNames: new Set(old.map(({ name }) => name)).size < old.length,
  labelValues: old.some(hook => selectorErrors(hook).length),
  matchConditions:
    webhooks.length === old.length &&
    old.every((hook, i) => semanticEqual(hook.matchConditions, webhooks[i]!.matchConditions)),
})

function* validateReviewVersions(
  versions: readonly string[],
  path: string,
  { reviewVersions: lenient }: Leniency,
): Generator<FieldError> {
  if (!versions.length) {
    yield required(path, `must specify one of ${reviewVersions.join(', ')}`)
    return
  }
  const seen = new Set<string>()
  for (const [i, version] of versions.entries()) {
    if (seen.has(version)) yield invalid(`${path}[${i}]`, version, 'duplicate version')
    else yield* formatErrors(isDns1035Label, version, `${path}[${i}]`)
    seen.add(version)
  }
  if (!lenient && !versions.some(version => reviewVersions.includes(version)))
    yield invalid(path, versions, `must include at least one of ${reviewVersions.join(', ')}`)
}

function* validateName(name: string, path: string): Generator<FieldError> {
  if (!name) {
    yield required(path)
    return
  }
  const errors = isDns1123Subdomain(name)
  if (errors.length) yield invalid(path, name, errors.join(','))
  else if (name.split('.').length < 3)
    yield invalid(path, name, 'should be a domain with at least three segments separated by dots')
}

function* validateSideEffects(value: string | null | undefined, path: string, lenient: boolean): Generator<FieldError> {
  const allowed = lenient ? allSideEffects : noSideEffects
  // A field that is not set prints as null.
  if (value === undefined || value === null) yield required(path, `must specify one of ${allowed.join(', ')}`)
  else if (!allowed.includes(value)) yield notSupported(path, value, allowed)
}

function* oneOf(value: string | undefined, path: string, allowed: readonly string[]): Generator<FieldError> {
  if (value !== undefined && !allowed.includes(value)) yield notSupported(path, value, allowed)
}

function* validateClient({ clientConfig: { url, service } }: Webhook, path: string): Generator<FieldError> {
  if ((url === undefined) === (service === undefined)) yield required(path, 'exactly one of url or service is required')
  else if (url !== undefined) yield* validateWebhookUrl(url, `${path}.url`)
  else if (service) yield* validateWebhookService(service, `${path}.service`)
}

function* validateWebhook(hook: Webhook, path: string, lenient: Leniency): Generator<FieldError> {
  const { timeoutSeconds: timeout } = hook
  yield* validateName(hook.name, `${path}.name`)
  for (const [i, rule] of (hook.rules ?? []).entries()) yield* validateRule(rule, `${path}.rules[${i}]`)
  yield* oneOf(hook.failurePolicy, `${path}.failurePolicy`, failurePolicies)
  yield* oneOf(hook.matchPolicy, `${path}.matchPolicy`, matchPolicies)
  yield* validateSideEffects(hook.sideEffects, `${path}.sideEffects`, lenient.sideEffects)
  if (timeout !== undefined && (timeout > 30 || timeout < 1))
    yield invalid(`${path}.timeoutSeconds`, timeout, 'the timeout value must be between 1 and 30 seconds')
  const allowInvalidLabelValues = lenient.labelValues
  yield* validateLabelSelector(hook.namespaceSelector, `${path}.namespaceSelector`, { allowInvalidLabelValues })
  yield* validateLabelSelector(hook.objectSelector, `${path}.objectSelector`, { allowInvalidLabelValues })
  yield* oneOf(hook.reinvocationPolicy, `${path}.reinvocationPolicy`, reinvocationPolicies)
  yield* validateClient(hook, `${path}.clientConfig`)
  if (lenient.matchConditions || !hook.matchConditions?.length) return
  const expressions = new Expressions({ hasParams: false, composed: false })
  yield* validateMatchConditions(hook.matchConditions, `${path}.matchConditions`, expressions)
}

/** All webhooks of a configuration; `old` those that are stored, if any. */
export function* validateWebhooks(webhooks: Webhooks = [], old?: Webhooks): Generator<FieldError> {
  const lenient = old ? leniencyOf(webhooks, old) : strict
  const names = new Set<string>()
  for (const [i, hook] of webhooks.entries()) {
    const path = `webhooks[${i}]`
    yield* validateWebhook(hook, path, lenient)
    yield* validateReviewVersions(hook.admissionReviewVersions ?? [], `${path}.admissionReviewVersions`, lenient)
    if (!hook.name || lenient.duplicateNames) continue
    if (names.has(hook.name)) yield duplicate(`${path}.name`, hook.name)
    names.add(hook.name)
  }
}

/** Fills what both sorts of webhook default. */
export function defaultWebhook(hook: Webhook): void {
  hook.failurePolicy ??= 'Fail'
  hook.matchPolicy ??= 'Equivalent'
  hook.namespaceSelector ??= {}
  hook.objectSelector ??= {}
  hook.timeoutSeconds ??= 10
  if (hook.clientConfig?.service) hook.clientConfig.service.port ??= 443
  defaultRules(hook.rules)
}
