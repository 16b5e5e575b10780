/** Checks of limit ranges: known types and resources, and amounts that do not contradict each other. */
import { duplicate, type FieldError, forbidden, invalid, required } from '../../machinery/field-error.js'
import { isQualifiedName } from '../../machinery/names.js'
import { compareQuantity, formatQuantity, parseQuantity, quantityMilliValue } from '../../machinery/quantity.js'
import type { LimitRangeItem, LimitRangeSpec } from '../generated/core-v1.js'
import { formatErrors } from '../validation/text.js'
import { validateContainerResourceName } from './pod-spec/resources.js'
import { isOvercommitAllowed } from './resource-names.js'
import { validateResourceName } from './resource-validation.js'

const standardTypes = ['Pod', 'Container', 'PersistentVolumeClaim']
const lists = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const
type List = (typeof lists)[number]

function* validateType(type: string, seen: Set<string>, path: string): Generator<FieldError> {
  const errors = [...formatErrors(isQualifiedName, type, path)]
  yield* errors
  if (!errors.length && !type.includes('/') && !standardTypes.includes(type))
    yield invalid(path, type, 'must be a standard limit type or fully qualified')
  if (seen.has(type)) yield duplicate(path, type)
  seen.add(type)
}

function* validateNames(item: LimitRangeItem, path: string): Generator<FieldError> {
  const ofContainer = item.type === 'Pod' || item.type === 'Container'
  for (const list of lists) {
    const isDefault = list === 'default' || list === 'defaultRequest'
    if (isDefault && item.type === 'Pod') {
      if (Object.keys(item[list] ?? {}).length)
        yield forbidden(`${path}.${list}`, "may not be specified when `type` is 'Pod'")
      continue
    }
    for (const name in item[list])
      yield* ofContainer
        ? validateContainerResourceName(name, `${path}.${list}[${name}]`)
        : validateResourceName(name, `${path}.${list}[${name}]`)
  }
}

/** The amounts of one resource, in canonical text. */
type Amounts = Partial<Record<List, string>>

const exceeds = (a: string | undefined, b: string | undefined): boolean =>
  a !== undefined && b !== undefined && compareQuantity(a, b) > 0

/** Each rule: the left may not be greater than the right; the error stands at `at` and shows `shown`. */
const orderRules: readonly { left: List; right: List; at: List; shown: List; words: [string, string] }[] = [
  { left: 'min', right: 'max', at: 'min', shown: 'min', words: ['min value', 'max value'] },
  {
    left: 'min',
    right: 'defaultRequest',
    at: 'defaultRequest',
    shown: 'defaultRequest',
    words: ['min value', 'default request value'],
  },
  {
    left: 'defaultRequest',
    right: 'max',
    at: 'defaultRequest',
    shown: 'defaultRequest',
    words: ['default request value', 'max value'],
  },
  {
    left: 'defaultRequest',
    right: 'default',
    at: 'defaultRequest',
    shown: 'defaultRequest',
    words: ['default request value', 'default limit value'],
  },
  { left: 'min', right: 'default', at: 'default', shown: 'min', words: ['min value', 'default value'] },
  { left: 'default', right: 'max', at: 'default', shown: 'max', words: ['default value', 'max value'] },
]

function* validateOrder(amounts: Amounts, pathOf: (list: List) => string): Generator<FieldError> {
  for (const { left, right, at, shown, words } of orderRules)
    if (exceeds(amounts[left], amounts[right]))
      yield invalid(
        pathOf(at),
        amounts[shown],
        `${words[0]} ${amounts[left]} is greater than ${words[1]} ${amounts[right]}`,
      )
}

const numberOf = (text: string) => Number(parseQuantity(text).mantissa) * 10 ** parseQuantity(text).scale

function* validateRatio({ maxLimitRequestRatio: ratio, min, max }: Amounts, path: string): Generator<FieldError> {
  if (ratio === undefined) return
  if (compareQuantity(ratio, '1') < 0) yield invalid(path, ratio, `ratio ${ratio} is less than 1`)
  if (min === undefined || max === undefined) return
  const bound = quantityMilliValue(max) / quantityMilliValue(min)
  if (numberOf(ratio) > bound)
    yield invalid(path, ratio, `ratio ${ratio} is greater than max/min = ${bound.toFixed(6)}`)
}

function amountsOf(item: LimitRangeItem, name: string): Amounts {
  const amounts: Amounts = {}
  for (const list of lists) {
    const quantity = item[list]?.[name]
    if (quantity !== undefined && !(item.type === 'Pod' && list.startsWith('default')))
      amounts[list] = formatQuantity(quantity)
  }
  return amounts
}

function* validateAmounts(item: LimitRangeItem, path: string): Generator<FieldError> {
  const names = new Set(lists.flatMap(list => Object.keys(item[list] ?? {})))
  for (const name of names) {
    const amounts = amountsOf(item, name)
    const pathOf = (list: List) => `${path}.${list}[${name}]`
    yield* validateOrder(amounts, pathOf)
    yield* validateRatio(amounts, pathOf('maxLimitRequestRatio'))
    const { default: limit, defaultRequest: request } = amounts
    if (isOvercommitAllowed(name) || limit === undefined || request === undefined) continue
    if (compareQuantity(limit, request) !== 0)
      yield invalid(
        pathOf('defaultRequest'),
        request,
        `default value ${limit} must equal to defaultRequest value ${request} in ${name}`,
      )
  }
}

/** All items. */
export function* validateLimitRange({ limits }: LimitRangeSpec): Generator<FieldError> {
  const seen = new Set<string>()
  for (const [i, item] of (limits ?? []).entries()) {
    const path = `spec.limits[${i}]`
    yield* validateType(item.type ?? '', seen, `${path}.type`)
    yield* validateNames(item, path)
    if (item.type === 'PersistentVolumeClaim' && !item.min?.storage && !item.max?.storage)
      yield required(`${path}.limits`, 'either minimum or maximum storage value is required, but neither was provided')
    yield* validateAmounts(item, path)
  }
}
