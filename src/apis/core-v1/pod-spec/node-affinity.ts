/** Checks of node selectors and node affinity. */
import { type FieldError, forbidden, invalid, required } from '../../../machinery/field-error.js'
import { nameIsDnsSubdomain } from '../../../machinery/name-rules.js'
import { isValidLabelValue } from '../../../machinery/names.js'
import { validateLabelName } from '../../../machinery/selector/index.js'
import type {
  NodeAffinity,
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PreferredSchedulingTerm,
} from '../../generated/core-v1.js'
import { formatErrors } from '../../validation/text.js'

function* validateOperator({ operator, values = [] }: NodeSelectorRequirement, path: string): Generator<FieldError> {
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (!values.length) yield required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'")
      return
    case 'Exists':
    case 'DoesNotExist':
      if (values.length)
        yield forbidden(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
      return
    case 'Gt':
    case 'Lt':
      if (values.length !== 1)
        yield required(`${path}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'")
      return
    default:
      yield invalid(`${path}.operator`, operator ?? '', 'not a valid selector operator')
  }
}

function* validateExpression(
  requirement: NodeSelectorRequirement,
  checkValues: boolean,
  path: string,
): Generator<FieldError> {
  yield* validateOperator(requirement, path)
  yield* validateLabelName(requirement.key, `${path}.key`)
  if (!checkValues) return
  for (const [i, value] of (requirement.values ?? []).entries())
    yield* formatErrors(isValidLabelValue, value, `${path}.values[${i}]`)
}

/** matchFields knows one field: the node's name. */
function* validateField({ key, operator, values = [] }: NodeSelectorRequirement, path: string): Generator<FieldError> {
  if (operator !== 'In' && operator !== 'NotIn')
    yield invalid(`${path}.operator`, operator ?? '', 'not a valid selector operator')
  else if (values.length !== 1)
    yield required(
      `${path}.values`,
      "must be only one value when `operator` is 'In' or 'NotIn' for node field selector",
    )
  if (key !== 'metadata.name') return yield invalid(`${path}.key`, key ?? '', 'not a valid field selector key')
  for (const [i, value] of values.entries())
    yield* formatErrors(name => nameIsDnsSubdomain(name, false), value, `${path}.values[${i}]`)
}

function* validateTerm(term: NodeSelectorTerm, checkValues: boolean, path: string): Generator<FieldError> {
  for (const [i, requirement] of (term.matchExpressions ?? []).entries())
    yield* validateExpression(requirement, checkValues, `${path}.matchExpressions[${i}]`)
  for (const [i, requirement] of (term.matchFields ?? []).entries())
    yield* validateField(requirement, `${path}.matchFields[${i}]`)
}

/** At least one term, each valid. */
export function* validateNodeSelector(selector: NodeSelector, path: string): Generator<FieldError> {
  const terms = selector.nodeSelectorTerms ?? []
  if (!terms.length) yield required(`${path}.nodeSelectorTerms`, 'must have at least one node selector term')
  for (const [i, term] of terms.entries()) yield* validateTerm(term, true, `${path}.nodeSelectorTerms[${i}]`)
}

/** Label values are not checked here: a preference that nothing meets does no harm. */
export function* validatePreferredTerms(
  terms: readonly PreferredSchedulingTerm[] | undefined,
  path: string,
): Generator<FieldError> {
  for (const [i, { weight, preference }] of (terms ?? []).entries()) {
    if (!(weight > 0 && weight <= 100)) yield invalid(`${path}[${i}].weight`, weight ?? 0, 'must be in the range 1-100')
    yield* validateTerm(preference ?? {}, false, `${path}[${i}].preference`)
  }
}

/** spec.affinity.nodeAffinity. */
export function* validateNodeAffinity(affinity: NodeAffinity, path: string): Generator<FieldError> {
  const { requiredDuringSchedulingIgnoredDuringExecution: must } = affinity
  if (must) yield* validateNodeSelector(must, `${path}.requiredDuringSchedulingIgnoredDuringExecution`)
  yield* validatePreferredTerms(
    affinity.preferredDuringSchedulingIgnoredDuringExecution,
    `${path}.preferredDuringSchedulingIgnoredDuringExecution`,
  )
}
