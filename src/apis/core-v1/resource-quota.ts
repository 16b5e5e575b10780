/** ResourceQuota bounds what all objects of a namespace together may use. */
import { type FieldError, invalid } from '../../machinery/field-error.js'
import { defineKind } from '../../machinery/kind.js'
import { formatQuantity } from '../../machinery/quantity.js'
import type { ResourceQuota } from '../generated/core-v1.js'
import { age } from '../printing/age.js'
import { validateQuotaScopes } from './quota-scopes.js'
import { canonicalResourceList } from './resource-list.js'
import { isStandardQuotaResource } from './resource-names.js'
import { validateResourceName, validateResourceQuantity } from './resource-validation.js'

function* validateAmounts(list: Readonly<Record<string, string>> | undefined, path: string): Generator<FieldError> {
  for (const [name, quantity] of Object.entries(list ?? {})) {
    const at = `${path}[${name}]`
    yield* validateResourceName(name, at)
    if (!name.includes('/') && !isStandardQuotaResource(name))
      yield invalid(at, name, 'must be a standard resource for quota')
    yield* validateResourceQuantity(name, quantity, at)
  }
}

function* validateStatus({ status }: ResourceQuota): Generator<FieldError> {
  yield* validateAmounts(status?.hard, 'status.hard')
  yield* validateAmounts(status?.used, 'status.used')
}

function* validateScopesKept({ spec }: ResourceQuota, { spec: old }: ResourceQuota): Generator<FieldError> {
  const [now, before] = [new Set(spec.scopes), new Set(old.scopes)]
  const isSame = now.size === before.size && [...now].every(scope => before.has(scope))
  if (!isSame) yield invalid('spec.scopes', spec.scopes ?? null, 'field is immutable')
}

/** `cpu: 1/4, pods: 3/10`, limits apart from the rest. */
function printUsage({ status }: ResourceQuota, ofLimits: boolean): string {
  const names = Object.keys(status?.hard ?? {}).filter(name => name.startsWith('limits.') === ofLimits)
  return names
    .sort()
    .map(
      name => `${name}: ${formatQuantity(status?.used?.[name] ?? '0')}/${formatQuantity(status?.hard?.[name] ?? '0')}`,
    )
    .join(', ')
}

export const resourceQuota = defineKind<ResourceQuota>({
  group: '',
  version: 'v1',
  kind: 'ResourceQuota',
  scope: 'Namespaced',
  names: { plural: 'resourcequotas', shortNames: ['quota'] },

  setDefaults({ spec, status }) {
    canonicalResourceList(spec.hard)
    canonicalResourceList(status?.hard)
    canonicalResourceList(status?.used)
  },
  *validate({ spec }, { subresource }) {
    if (subresource) return
    yield* validateAmounts(spec.hard, 'spec.hard')
    yield* validateQuotaScopes(spec)
  },
  *validateUpdate(object, old, { subresource }) {
    if (!subresource) yield* validateScopesKept(object, old)
  },

  strategy: { bumpGenerationOn: [] },
  subresources: { status: { validateUpdate: validateStatus } },
  printerColumns: [
    {
      name: 'Request',
      description: 'Request represents a minimum amount of cpu/memory that a container may consume.',
      of: object => printUsage(object, false),
    },
    {
      name: 'Limit',
      description:
        'Limits control the maximum amount of cpu/memory that a container may use independent of contention on the node.',
      of: object => printUsage(object, true),
    },
    age,
  ],
})
