/** The shape of rules in CEL; what they say is looked at when it is right. */
import { type FieldError, invalid, notSupported, required } from '../../machinery/field-error.js'
import { findFieldPath } from '../../machinery/structural/field-path.js'
import type { JsonSchema, ValidationRule } from '../../machinery/structural/json-schema.js'
import { unreadableSchema } from '../../machinery/structural/structural-errors.js'

const reasons = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired']

const hasNewlines = (text: string) => /[\n\r]/.test(text)
const isBlank = (text: string | undefined) => text !== undefined && text !== '' && !text.trim()

function* textErrors({ rule = '', message = '', messageExpression }: ValidationRule, path: string) {
  if (!rule.trim()) yield required(`${path}.rule`, 'rule is not specified')
  else if (isBlank(message)) yield invalid(`${path}.message`, message, 'must be non-empty if specified')
  else if (hasNewlines(message.trim())) yield invalid(`${path}.message`, message, 'must not contain line breaks')
  else if (hasNewlines(rule.trim()) && !message)
    yield required(`${path}.message`, 'message must be specified if rule contains line breaks')
  if (isBlank(messageExpression))
    yield required(`${path}.messageExpression`, 'messageExpression must be non-empty if specified')
}

/** A schema that cannot be read is told of elsewhere: no path is wrong in it. */
function leadsSomewhere(schema: JsonSchema, fieldPath: string): boolean {
  if (unreadableSchema(schema)) return true
  try {
    findFieldPath(fieldPath, schema)
    return true
  } catch {
    return false
  }
}

function* fieldPathErrors(schema: JsonSchema, fieldPath: string, path: string): Generator<FieldError> {
  if (isBlank(fieldPath)) yield invalid(path, fieldPath, 'must be non-empty if specified')
  if (hasNewlines(fieldPath)) yield invalid(path, fieldPath, 'must not contain line breaks')
  if (fieldPath && !leadsSomewhere(schema, fieldPath)) yield invalid(path, fieldPath, 'must be a valid path')
}

export function* ruleErrors(schema: JsonSchema, path: string): Generator<FieldError> {
  for (const [i, rule] of (schema['x-kubernetes-validations'] ?? []).entries()) {
    const at = `${path}.x-kubernetes-validations[${i}]`
    yield* textErrors(rule, at)
    if (rule.reason !== undefined && !reasons.includes(rule.reason))
      yield notSupported(`${at}.reason`, rule.reason, reasons)
    yield* fieldPathErrors(schema, rule.fieldPath ?? '', `${at}.fieldPath`)
  }
}
