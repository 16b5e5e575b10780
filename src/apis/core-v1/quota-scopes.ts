/** Checks of a quota's scopes: which pods or claims it counts. */
import { type FieldError, invalid, required } from '../../machinery/field-error.js'
import type { ResourceQuotaSpec, ScopedResourceSelectorRequirement } from '../generated/core-v1.js'
import { internalForm } from './internal-form.js'
import { isStandardQuotaResource } from './resource-names.js'

const pods = ['pods']
const compute = ['cpu', 'memory', 'limits.cpu', 'limits.memory', 'requests.cpu', 'requests.memory']

/** Scopes with the resources they apply to. */
const scopes: Readonly<Record<string, readonly string[]>> = {
  Terminating: [...pods, ...compute],
  NotTerminating: [...pods, ...compute],
  BestEffort: pods,
  NotBestEffort: [...pods, ...compute],
  PriorityClass: [...pods, ...compute],
  CrossNamespacePodAffinity: [...pods, ...compute],
  VolumeAttributesClass: ['persistentvolumeclaims', 'requests.storage'],
}

const conflicting = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
] as const

const onlyExists = ['BestEffort', 'NotBestEffort', 'Terminating', 'NotTerminating', 'CrossNamespacePodAffinity']

const applies = (scope: string, resource: string): boolean => scopes[scope]?.includes(resource) ?? true

function* validateScope(
  scope: string,
  spec: ResourceQuotaSpec,
  errors: { unsupported: FieldError; notApplied: FieldError },
): Generator<FieldError> {
  if (!Object.hasOwn(scopes, scope)) yield errors.unsupported
  for (const resource of Object.keys(spec.hard ?? {}).sort())
    if (isStandardQuotaResource(resource) && !applies(scope, resource)) yield errors.notApplied
}

function* validateConflicts(names: readonly string[], value: unknown, path: string): Generator<FieldError> {
  for (const pair of conflicting)
    if (pair.every(scope => names.includes(scope))) yield invalid(path, value, 'conflicting scopes')
}

function* validateOperator(requirement: ScopedResourceSelectorRequirement, path: string): Generator<FieldError> {
  const { scopeName, operator = '', values = [] } = requirement
  if (onlyExists.includes(scopeName) && operator !== 'Exists')
    yield invalid(
      `${path}.operator`,
      operator,
      "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity",
    )
  if (operator === 'In' || operator === 'NotIn') {
    if (!values.length)
      yield required(
        `${path}.values`,
        "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
      )
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length)
      yield invalid(
        `${path}.values`,
        values,
        "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector",
      )
  } else yield invalid(`${path}.operator`, operator, 'not a valid selector operator')
}

function* validateSelector(spec: ResourceQuotaSpec): Generator<FieldError> {
  const { scopeSelector } = spec
  if (!scopeSelector) return
  const path = 'spec.scopeSelector.matchExpressions'
  const expressions = scopeSelector.matchExpressions ?? []
  const notApplied = invalid(
    path,
    internalForm('ScopeSelector', scopeSelector),
    'unsupported scope applied to resource',
  )
  for (const requirement of expressions) {
    const { scopeName = '' } = requirement
    const unsupported = invalid(`${path}.scopeName`, scopeName, 'unsupported scope')
    yield* validateScope(scopeName, spec, { unsupported, notApplied })
    yield* validateOperator(requirement, path)
  }
  const names = expressions.map(({ scopeName }) => scopeName)
  yield* validateConflicts(names, spec.scopes ?? null, path)
}

/** spec.scopes and spec.scopeSelector. */
export function* validateQuotaScopes(spec: ResourceQuotaSpec): Generator<FieldError> {
  const path = 'spec.scopes'
  const unsupported = invalid(path, spec.scopes, 'unsupported scope')
  const notApplied = invalid(path, spec.scopes, 'unsupported scope applied to resource')
  for (const scope of spec.scopes ?? []) yield* validateScope(scope, spec, { unsupported, notApplied })
  yield* validateConflicts(spec.scopes ?? [], spec.scopes, path)
  yield* validateSelector(spec)
}
