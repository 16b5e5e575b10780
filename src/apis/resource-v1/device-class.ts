/** DeviceClass selects devices and configures them, for claims to name. */
import { defineKind } from '../../machinery/kind.js'
import type { DeviceClass } from '../generated/resource-v1.js'
import { age } from '../printing/age.js'
import { semanticEqual } from '../validation/semantic-equal.js'
import { validateConfiguration } from './configuration.js'
import { maxItems } from './device-claim.js'
import { validateSelectors } from './device-request.js'
import { validateList } from './lists.js'

function* validateSpec({ spec }: DeviceClass, stored: boolean) {
  yield* validateSelectors(spec.selectors, 'spec.selectors')
  const config = { items: spec.config, max: maxItems, path: 'spec.config' }
  yield* validateList(config, (item, at) => validateConfiguration(item, at, stored))
}

export const deviceClass = defineKind<DeviceClass>({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'DeviceClass',
  scope: 'Cluster',
  names: { plural: 'deviceclasses' },
  storageVersion: 'v1beta2',

  updateChecks: ['meta', 'metaUpdate', 'change'],
  validateCreate: object => validateSpec(object, false),
  *validateUpdate(object, old) {
    // Upstream checks a changed object once as a new one, once as what is stored.
    yield* validateSpec(object, false)
    yield* validateSpec(object, semanticEqual(object.spec.config, old.spec.config))
  },

  strategy: {
    // The gate DRAExtendedResource is off in v1.34.
    prepareForCreate({ spec }) {
      delete spec.extendedResourceName
    },
    prepareForUpdate({ spec }) {
      delete spec.extendedResourceName
    },
  },
  printerColumns: [age],
})
