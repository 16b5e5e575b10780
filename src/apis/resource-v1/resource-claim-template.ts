/** ResourceClaimTemplate is what the claims of pods are made from. */
import { invalid } from '../../machinery/field-error.js'
import { defineKind } from '../../machinery/kind.js'
import { validateTemplateMetadata } from '../core-v1/persistent-volume-claim-spec.js'
import type { ResourceClaimTemplate } from '../generated/resource-v1.js'
import { age } from '../printing/age.js'
import { semanticEqual } from '../validation/semantic-equal.js'
import { defaultClaimSpec, dropDisabledFields, usesConsumableCapacity, validateClaimSpec } from './device-claim.js'
import { goClaimSpec } from './go-form.js'

export const resourceClaimTemplate = defineKind<ResourceClaimTemplate>({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceClaimTemplate',
  scope: 'Namespaced',
  names: { plural: 'resourceclaimtemplates' },
  storageVersion: 'v1beta2',

  setDefaults: ({ spec }) => defaultClaimSpec(spec.spec),
  updateChecks: ['meta', 'spec', 'metaUpdate', 'change', 'spec'],
  *validate({ spec }) {
    yield* validateTemplateMetadata(spec, 'spec.metadata')
    yield* validateClaimSpec(spec.spec, 'spec.spec', false)
  },
  *validateUpdate({ spec }, old) {
    if (semanticEqual(spec, old.spec)) return
    yield invalid('spec', { ...spec.metadata, Spec: goClaimSpec(spec.spec) }, 'field is immutable')
  },

  strategy: {
    bumpGenerationOn: [],
    prepareForCreate: ({ spec }) => dropDisabledFields(spec.spec),
    prepareForUpdate({ spec }, old) {
      if (!usesConsumableCapacity(old.spec.spec.devices ?? {})) dropDisabledFields(spec.spec)
    },
  },
  printerColumns: [age],
})
