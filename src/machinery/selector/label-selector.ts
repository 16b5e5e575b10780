/** Label selectors: read from a query or from an object's field, matched against labels, printed. */
import { badRequest } from '../status-error.js'
import {
  aggregate,
  formatRequirement,
  type LabelOperator,
  type LabelRequirement,
  type Labels,
  meetsRequirement,
  validateRequirement,
} from './label-requirement.js'
import { parseRequirements } from './parse-labels.js'

/** metav1.LabelSelectorRequirement. */
export interface MetaLabelRequirement {
  key: string
  operator: string
  values?: readonly string[]
}

/** metav1.LabelSelector, as objects carry it. */
export interface MetaLabelSelector {
  matchLabels?: Readonly<Record<string, string>>
  matchExpressions?: readonly MetaLabelRequirement[]
}

/** A selector made ready to match: all requirements must be met. */
export interface LabelMatcher {
  /** Sorted by key. */
  readonly requirements: readonly LabelRequirement[]
  /** Matches no object at all: made of an absent selector. */
  readonly nothing?: true
}

export const everything: LabelMatcher = { requirements: [] }
export const nothing: LabelMatcher = { requirements: [], nothing: true }

const byKey = (a: LabelRequirement, b: LabelRequirement) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)
const matcher = (requirements: LabelRequirement[]): LabelMatcher =>
  requirements.length ? { requirements: requirements.sort(byKey) } : everything

/** Reads the query form; empty or absent selects everything. Throws a 400 StatusError in upstream's words. */
export const parseLabelSelector = (text: string | undefined): LabelMatcher =>
  text ? matcher(parseRequirements(text)) : everything

const operators: Readonly<Record<string, LabelOperator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
}

function requirementsOf(selector: MetaLabelSelector): LabelRequirement[] {
  const equal = Object.entries(selector.matchLabels ?? {}).map(
    ([key, value]): LabelRequirement => ({ key, operator: '=', values: [value] }),
  )
  const expressions = (selector.matchExpressions ?? []).map(({ key, operator, values = [] }): LabelRequirement => {
    const op = Object.hasOwn(operators, operator) ? operators[operator] : undefined
    if (!op) throw badRequest(`${JSON.stringify(operator)} is not a valid label selector operator`)
    return { key, operator: op, values }
  })
  return [...equal, ...expressions]
}

/**
 * Makes an object's selector ready to match: absent selects nothing, empty everything.
 * Throws a 400 StatusError with upstream's words when it is invalid.
 */
export function labelSelectorFrom(selector: MetaLabelSelector | undefined): LabelMatcher {
  if (!selector) return nothing
  const requirements = requirementsOf(selector)
  for (const requirement of requirements) {
    const errors = validateRequirement(requirement)
    if (errors.length) throw badRequest(aggregate(errors))
  }
  return matcher(requirements)
}

/** A plain map as selector (Services, ReplicationControllers): every entry must be there. Empty selects everything. */
export const labelSelectorFromMap = (labels: Labels): LabelMatcher => labelSelectorFrom({ matchLabels: labels ?? {} })

/** Takes a ready matcher or an object's selector; an absent or broken selector matches nothing. */
export function matchesLabels(selector: LabelMatcher | MetaLabelSelector | undefined, labels: Labels): boolean {
  if (!selector) return false
  if ('requirements' in selector) {
    return !selector.nothing && selector.requirements.every(requirement => meetsRequirement(requirement, labels))
  }
  for (const key in selector.matchLabels) {
    if (!labels || !Object.hasOwn(labels, key) || labels[key] !== selector.matchLabels[key]) return false
  }
  return (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
    const op = Object.hasOwn(operators, operator) ? operators[operator] : undefined
    return op !== undefined && meetsRequirement({ key, operator: op, values }, labels)
  })
}

/** The value that the selector demands of a label, for look-ups in an index; undefined where it leaves a choice. */
export function requiredLabel(selector: LabelMatcher, key: string): string | undefined {
  const found = selector.requirements.find(requirement => requirement.key === key)
  if (found?.values.length !== 1) return undefined
  return found.operator === '=' || found.operator === '==' || found.operator === 'in' ? found.values[0] : undefined
}

/** The query form, sorted by key as upstream's; `''` for one that is empty, absent or broken. */
export function formatLabelSelector(selector: LabelMatcher | MetaLabelSelector | undefined): string {
  if (!selector) return ''
  try {
    const { requirements } = 'requirements' in selector ? selector : labelSelectorFrom(selector)
    return requirements.map(formatRequirement).join(',')
  } catch {
    return ''
  }
}

/** The form of table cells: `<none>` for an empty selector, `<error>` for a broken one. */
export function printLabelSelector(selector: MetaLabelSelector | undefined): string {
  try {
    return formatLabelSelector(labelSelectorFrom(selector)) || '<none>'
  } catch {
    return '<error>'
  }
}

/** As Go prints the type in messages. */
export function describeLabelSelector({ matchLabels = {}, matchExpressions = [] }: MetaLabelSelector): string {
  const labels = Object.entries(matchLabels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}: ${value},`)
  const expressions = matchExpressions.map(
    ({ key, operator, values = [] }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`,
  )
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join('')}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`
}

/** `a=b,c=d`, sorted by key, or `<none>`: labels, and selectors that are plain maps, in table cells. */
export function formatLabels(labels: Labels): string {
  const entries = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`)
  return entries.sort().join(',') || '<none>'
}
