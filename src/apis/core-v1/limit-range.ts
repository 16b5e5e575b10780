/** LimitRange bounds and defaults what single pods, containers and claims of a namespace may ask for. */
import { defineKind } from '../../machinery/kind.js'
import type { LimitRange, LimitRangeItem } from '../generated/core-v1.js'
import { validateLimitRange } from './limit-range-validation.js'
import { canonicalResourceList } from './resource-list.js'

/** Of containers: limits default to the maximum, requests to the limits, else to the minimum. */
function setItemDefaults(item: LimitRangeItem): void {
  for (const list of ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const)
    canonicalResourceList(item[list])
  if (item.type !== 'Container') return
  item.default = { ...item.max, ...item.default }
  item.defaultRequest = { ...item.min, ...item.default, ...item.defaultRequest }
  for (const list of ['default', 'defaultRequest'] as const)
    if (!Object.keys(item[list] ?? {}).length) delete item[list]
}

export const limitRange = defineKind<LimitRange>({
  group: '',
  version: 'v1',
  kind: 'LimitRange',
  scope: 'Namespaced',
  names: { plural: 'limitranges', shortNames: ['limits'] },

  setDefaults: ({ spec }) => spec.limits?.forEach(setItemDefaults),
  updateChecks: ['meta', 'spec'],
  validate: ({ spec }) => validateLimitRange(spec),
  strategy: {
    allowCreateOnUpdate: true,
    bumpGenerationOn: [],
    makeName: (base, newUid) => (base ? undefined : newUid()),
  },
})
