/** Checks of topologySpreadConstraints. */
import { duplicate, type FieldError, invalid, notSupported, required } from '../../../machinery/field-error.js'
import { validateLabelSelector } from '../../../machinery/selector/index.js'
import type { TopologySpreadConstraint } from '../../generated/core-v1.js'
import { validateMatchLabelKeys } from './label-keys.js'

const actions = ['DoNotSchedule', 'ScheduleAnyway'] as const
const inclusionPolicies = ['Honor', 'Ignore'] as const

function* validatePositive(value: number, path: string): Generator<FieldError> {
  if (!(value > 0)) yield invalid(path, value ?? 0, 'must be greater than zero')
}

function* validateMinDomains(
  { minDomains, whenUnsatisfiable }: TopologySpreadConstraint,
  path: string,
): Generator<FieldError> {
  if (minDomains === undefined) return
  yield* validatePositive(minDomains, path)
  if (whenUnsatisfiable !== 'DoNotSchedule')
    yield invalid(
      path,
      minDomains,
      `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`,
    )
}

function* oneOf(value: string | undefined, path: string): Generator<FieldError> {
  if (value !== undefined && !inclusionPolicies.includes(value as never))
    yield notSupported(path, value, inclusionPolicies)
}

/** Key and action together name one kind of constraint. */
const kindOf = (c: TopologySpreadConstraint) => `{${c.topologyKey}, ${c.whenUnsatisfiable}}`

function* validateConstraint(
  constraint: TopologySpreadConstraint,
  rest: readonly TopologySpreadConstraint[],
  path: string,
): Generator<FieldError> {
  const { whenUnsatisfiable: action = '' } = constraint
  yield* validatePositive(constraint.maxSkew, `${path}.maxSkew`)
  if (!constraint.topologyKey) yield required(`${path}.topologyKey`, 'can not be empty')
  if (!actions.includes(action as never)) yield notSupported(`${path}.whenUnsatisfiable`, action, actions)
  if (rest.some(other => kindOf(other) === kindOf(constraint)))
    yield duplicate(`${path}.{topologyKey, whenUnsatisfiable}`, kindOf(constraint))
  yield* validateMinDomains(constraint, `${path}.minDomains`)
  yield* oneOf(constraint.nodeAffinityPolicy, `${path}.nodeAffinityPolicy`)
  yield* oneOf(constraint.nodeTaintsPolicy, `${path}.nodeTaintsPolicy`)
  yield* validateMatchLabelKeys(constraint, path)
  yield* validateLabelSelector(constraint.labelSelector, `${path}.labelSelector`)
}

/** spec.topologySpreadConstraints. */
export function* validateTopologySpread(
  constraints: readonly TopologySpreadConstraint[] | undefined,
  path: string,
): Generator<FieldError> {
  for (const [i, constraint] of (constraints ?? []).entries())
    yield* validateConstraint(constraint, constraints?.slice(i + 1) ?? [], `${path}[${i}]`)
}
