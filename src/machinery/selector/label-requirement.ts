/** One condition on labels, checked and printed as upstream's labels.Requirement. */
import { type FieldError, invalid } from '../field-error.js'
import { isQualifiedName, isValidLabelValue } from '../names.js'

export type LabelOperator = 'in' | 'notin' | '=' | '==' | '!=' | 'exists' | '!' | 'gt' | 'lt'

export interface LabelRequirement {
  key: string
  operator: LabelOperator
  values: readonly string[]
}

/** Labels of an object; absent means none. */
export type Labels = Readonly<Record<string, string>> | undefined

const int64 = /^[+-]?\d+$/
const maxInt64 = 2n ** 63n - 1n

function parseInt64(text: string): bigint | undefined {
  if (!int64.test(text)) return undefined
  const value = text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text.replace('+', ''))
  return value > maxInt64 || value < -maxInt64 - 1n ? undefined : value
}

/** The label's value, and never a property that every object has. */
const labelOf = (labels: Labels, key: string): string | undefined =>
  labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined

function compares(value: string | undefined, operator: 'gt' | 'lt', bound: string | undefined): boolean {
  const left = value === undefined ? undefined : parseInt64(value)
  const right = bound === undefined ? undefined : parseInt64(bound)
  if (left === undefined || right === undefined) return false
  return operator === 'gt' ? left > right : left < right
}

/** True when the labels meet the condition. A missing label meets `!=` and `notin`. */
export function meetsRequirement({ key, operator, values }: LabelRequirement, labels: Labels): boolean {
  const value = labelOf(labels, key)
  switch (operator) {
    case 'in':
    case '=':
    case '==':
      return value !== undefined && values.includes(value)
    case 'notin':
    case '!=':
      return value === undefined || !values.includes(value)
    case 'exists':
      return value !== undefined
    case '!':
      return value === undefined
    default:
      return compares(value, operator, values[0])
  }
}

function countErrors({ operator, values }: LabelRequirement): FieldError[] {
  switch (operator) {
    case 'in':
    case 'notin':
      return values.length ? [] : [invalid('values', values, "for 'in', 'notin' operators, values set can't be empty")]
    case '=':
    case '==':
    case '!=':
      return values.length === 1
        ? []
        : [invalid('values', values, 'exact-match compatibility requires one single value')]
    case 'exists':
    case '!':
      return values.length ? [invalid('values', values, 'values set must be empty for exists and does not exist')] : []
    default:
      return [
        ...(values.length === 1
          ? []
          : [invalid('values', values, "for 'Gt', 'Lt' operators, exactly one value is required")]),
        ...values.flatMap((value, i) =>
          parseInt64(value) === undefined
            ? [invalid(`values[${i}]`, value, "for 'Gt', 'Lt' operators, the value must be an integer")]
            : [],
        ),
      ]
  }
}

/** Upstream's checks of a new requirement: key, number of values, form of values. */
export function validateRequirement(requirement: LabelRequirement): FieldError[] {
  const { key, values } = requirement
  const keyErrors = isQualifiedName(key)
  return [
    ...(keyErrors.length ? [invalid('key', key, keyErrors.join('; '))] : []),
    ...countErrors(requirement),
    ...values.flatMap((value, i) => {
      const messages = isValidLabelValue(value)
      return messages.length ? [invalid(`values[${i}][${key}]`, value, messages.join('; '))] : []
    }),
  ]
}

const infix: Partial<Record<LabelOperator, string>> = { '=': '=', '==': '==', '!=': '!=', gt: '>', lt: '<' }

/** The query form, values sorted: `a=b`, `c in (x,y)`, `!d`. */
export function formatRequirement({ key, operator, values }: LabelRequirement): string {
  if (operator === 'exists') return key
  if (operator === '!') return `!${key}`
  const list = values.length > 1 ? [...values].sort().join(',') : (values[0] ?? '')
  return infix[operator] ? `${key}${infix[operator]}${list}` : `${key} ${operator} (${list})`
}

/** Field errors in one line, as upstream's aggregate prints them. */
export function aggregate(errors: readonly FieldError[]): string {
  const lines = [...new Set(errors.map(e => `${e.field}: ${e.message}`))]
  return lines.length === 1 ? lines[0]! : `[${lines.join(', ')}]`
}
