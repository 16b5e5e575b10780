/** Checks of a ValidatingAdmissionPolicy's spec. */
import { duplicate, type FieldError, invalid, notSupported, required } from '../../machinery/field-error.js'
import { isDns1035Label, isDns1123Subdomain } from '../../machinery/names.js'
import type {
  AuditAnnotation,
  ParamKind,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicySpec,
  Validation,
  Variable,
} from '../generated/admissionregistration-v1.js'
import { semanticEqual } from '../validation/semantic-equal.js'
import { validateQualifiedName } from '../validation/text.js'
import { Expressions } from './expressions.js'
import { validateMatchConditions } from './match-conditions.js'
import { validateMatchResources } from './match-resources.js'
import { failurePolicies } from './webhooks.js'

const maxAuditAnnotations = 20
const maxValueExpression = 5 * 1024
const reasons = ['Forbidden', 'Invalid', 'RequestEntityTooLarge']
const empty = 'validations or auditAnnotations must contain at least one item'
const celIdentifier = /^[_a-zA-Z][_a-zA-Z0-9]*$/
const celReserved = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
)

function* validateApiVersion(apiVersion: string, path: string): Generator<FieldError> {
  const parts = apiVersion === '/' ? ['', ''] : apiVersion.split('/')
  if (parts.length > 2) {
    yield invalid(path, apiVersion, `unexpected GroupVersion string: ${apiVersion}`)
    return
  }
  const [version = '', group = ''] = [...parts].reverse()
  const groupErrors = group ? isDns1123Subdomain(group) : []
  if (groupErrors.length) yield invalid(path, group, groupErrors.join(','))
  if (!version) yield invalid(path, apiVersion, 'version must be specified')
  else {
    const errors = isDns1035Label(version)
    if (errors.length) yield invalid(path, version, errors.join(','))
  }
}

function* validateParamKind({ apiVersion, kind }: ParamKind, path: string): Generator<FieldError> {
  if (!apiVersion) yield required(`${path}.apiVersion`)
  else yield* validateApiVersion(apiVersion, `${path}.apiVersion`)
  if (!kind) {
    yield required(`${path}.kind`)
    return
  }
  const errors = isDns1035Label(kind.toLowerCase())
  if (errors.length)
    yield invalid(`${path}.kind`, kind, `may have mixed case, but should otherwise match: ${errors.join(',')}`)
}

function* validateVariable(
  { name, expression }: Variable,
  path: string,
  expressions: Expressions,
): Generator<FieldError> {
  if (!name?.trim()) yield required(`${path}.name`, 'name is not specified')
  else if (!celIdentifier.test(name) || celReserved.has(name))
    yield invalid(`${path}.name`, name, 'must be a valid CEL identifier')
  if (!expression?.trim()) yield required(`${path}.expression`, 'expression is not specified')
  else yield* expressions.variable(name, expression, `${path}.expression`)
}

function* validateValidation(validation: Validation, path: string, expressions: Expressions): Generator<FieldError> {
  const { expression, message, messageExpression, reason } = validation
  const nonEmpty = 'must be non-empty if specified'
  if (!expression?.trim()) yield required(`${path}.expression`, 'expression is not specified')
  else yield* expressions.condition(expression, `${path}.expression`)
  if (messageExpression && !messageExpression.trim())
    yield invalid(`${path}.messageExpression`, messageExpression, nonEmpty)
  else if (messageExpression) yield* expressions.message(messageExpression, `${path}.messageExpression`)
  if (message && !message.trim()) yield invalid(`${path}.message`, message, nonEmpty)
  else if (message && /[\n\r]/.test(message.trim()))
    yield invalid(`${path}.message`, message, 'must not contain line breaks')
  if (reason !== undefined && !reasons.includes(reason)) yield notSupported(`${path}.reason`, reason, reasons)
}

function* validateAuditAnnotations(
  annotations: readonly AuditAnnotation[],
  policy: string | undefined,
  expressions: Expressions,
): Generator<FieldError> {
  const path = 'spec.auditAnnotations'
  if (annotations.length > maxAuditAnnotations)
    yield invalid(
      path,
      // As upstream's internal type is printed.
      annotations.map(({ key: Key, valueExpression: ValueExpression }) => ({ Key, ValueExpression })),
      `must not have more than ${maxAuditAnnotations} auditAnnotations`,
    )
  const seen = new Set<string>()
  for (const [i, { key, valueExpression = '' }] of annotations.entries()) {
    if (policy) yield* validateQualifiedName(`${policy}/${key}`, `${path}[${i}].key`)
    else yield invalid(`${path}[${i}].key`, key, 'requires metadata.name be non-empty')
    const size = Buffer.byteLength(valueExpression.trim())
    if (!size) yield required(`${path}[${i}].valueExpression`, 'valueExpression is not specified')
    else if (size > maxValueExpression)
      yield required(`${path}[${i}].valueExpression`, `must not exceed ${maxValueExpression} bytes in length`)
    else yield* expressions.auditAnnotation(valueExpression, `${path}[${i}].valueExpression`)
    if (seen.has(key)) yield duplicate(`${path}[${i}].key`, key)
    seen.add(key)
  }
}

function* validateMatch(
  { matchConstraints, matchConditions = [], paramKind }: ValidatingAdmissionPolicySpec,
  old: ValidatingAdmissionPolicySpec | undefined,
): Generator<FieldError> {
  if (paramKind) yield* validateParamKind(paramKind, 'spec.paramKind')
  if (!matchConstraints) yield required('spec.matchConstraints')
  else {
    yield* validateMatchResources(matchConstraints, 'spec.matchConstraints')
    if (!matchConstraints.resourceRules?.length) yield required('spec.matchConstraints.resourceRules')
  }
  const unchanged =
    old && semanticEqual(old.paramKind, paramKind) && semanticEqual(old.matchConditions, matchConditions)
  if (unchanged || !matchConditions.length) return
  const expressions = new Expressions({ hasParams: !!paramKind, composed: false })
  yield* validateMatchConditions(matchConditions, 'spec.matchConditions', expressions)
}

/** `old`: what is stored, if anything; match conditions that did not change are not checked again. */
export function* validatePolicy(
  { metadata, spec }: ValidatingAdmissionPolicy,
  old?: ValidatingAdmissionPolicy,
): Generator<FieldError> {
  const { failurePolicy, variables = [], validations = [], auditAnnotations = [] } = spec
  if (failurePolicy === undefined) yield required('spec.failurePolicy')
  else if (!failurePolicies.includes(failurePolicy))
    yield notSupported('spec.failurePolicy', failurePolicy, failurePolicies)
  yield* validateMatch(spec, old?.spec)
  const expressions = new Expressions({ hasParams: !!spec.paramKind, composed: variables.length > 0 })
  for (const [i, variable] of variables.entries())
    yield* validateVariable(variable, `spec.variables[${i}]`, expressions)
  if (!validations.length && !auditAnnotations.length) {
    yield required('spec.validations', empty)
    yield required('spec.auditAnnotations', empty)
    return
  }
  for (const [i, validation] of validations.entries())
    yield* validateValidation(validation, `spec.validations[${i}]`, expressions)
  yield* validateAuditAnnotations(auditAnnotations, metadata.name, expressions)
}
