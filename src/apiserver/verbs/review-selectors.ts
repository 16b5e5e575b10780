/** The selectors of an access review: what of them can be told to authorizers, and what is said of the rest. */
import {
  type FieldRequirement,
  formatFieldSelector,
  labelSelectorFrom,
  parseFieldSelector,
  parseLabelSelector,
} from '../../machinery/selector/index.js'

interface Requirement {
  key: string
  operator: string
  values?: string[]
}

export interface SelectorAttributes {
  rawSelector?: string
  requirements?: Requirement[]
}

/** `known`: requirements that could be read; the others only make the question a wider one. */
export interface ReadSelector {
  known: number
  failed: boolean
  /** The query form of what could be read; of field selectors only. */
  fieldSelector?: string
}

const nothing: ReadSelector = { known: 0, failed: false }

/** A field takes one value, equal or not. */
function fieldRequirement({ key: field, operator, values = [] }: Requirement): FieldRequirement | undefined {
  const [value, ...more] = values
  if (value === undefined || more.length || (operator !== 'In' && operator !== 'NotIn')) return undefined
  return { field, operator: operator === 'In' ? '=' : '!=', value }
}

export function fieldSelectorOf({ rawSelector, requirements = [] }: SelectorAttributes = {}): ReadSelector {
  if (requirements.length) {
    const known = requirements.map(fieldRequirement).filter(requirement => requirement !== undefined)
    const failed = known.length < requirements.length
    return { known: known.length, failed, fieldSelector: formatFieldSelector({ requirements: known }) }
  }
  if (!rawSelector) return nothing
  try {
    return { known: parseFieldSelector(rawSelector).requirements.length, failed: false, fieldSelector: rawSelector }
  } catch {
    return { known: 0, failed: true }
  }
}

const reads = (read: () => unknown): boolean => {
  try {
    read()
    return true
  } catch {
    return false
  }
}

const labelOperators = ['In', 'NotIn', 'Exists', 'DoesNotExist']

export function labelSelectorOf({ rawSelector, requirements = [] }: SelectorAttributes = {}): ReadSelector {
  if (requirements.length) {
    const isKnown = (requirement: Requirement) =>
      labelOperators.includes(requirement.operator) &&
      reads(() => labelSelectorFrom({ matchExpressions: [requirement as never] }))
    const known = requirements.filter(isKnown).length
    return { known, failed: known < requirements.length }
  }
  if (!rawSelector) return nothing
  return { known: 0, failed: !reads(() => parseLabelSelector(rawSelector)) }
}

/** Upstream's remark on a selector that could not be read in full. */
export function selectorError(name: 'fieldSelector' | 'labelSelector', { known, failed }: ReadSelector): string[] {
  return failed ? [`spec.resourceAttributes.${name} ${known ? 'partially ' : ''}ignored due to parse error`] : []
}
