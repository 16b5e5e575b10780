/** ValidatingAdmissionPolicy holds CEL expressions that requests must satisfy. */
import { defineKind } from '../../machinery/kind.js'
import type { ValidatingAdmissionPolicy } from '../generated/admissionregistration-v1.js'
import { age } from '../printing/age.js'
import { keepMetadata } from '../validation/status-metadata.js'
import { defaultMatchResources } from './match-resources.js'
import { validatePolicy } from './policy-spec.js'
import { validatePolicyStatus } from './policy-status.js'

export const validatingAdmissionPolicy = defineKind<ValidatingAdmissionPolicy>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicy',
  scope: 'Cluster',
  names: { plural: 'validatingadmissionpolicies', categories: ['api-extensions'] },
  anyFinalizers: true,

  setDefaults({ spec }) {
    spec.failurePolicy ??= 'Fail'
    defaultMatchResources(spec.matchConstraints)
  },
  updateChecks: ['meta', 'change'],
  validateCreate: policy => validatePolicy(policy),
  validateUpdate: (policy, old) => validatePolicy(policy, old),

  strategy: {
    allowUnconditionalUpdate: false,
    prepareForUpdate(policy, old, { subresource }) {
      if (subresource === 'status') keepMetadata(policy, old)
    },
  },
  subresources: { status: { skipsMetadata: true, validateUpdate: validatePolicyStatus } },
  printerColumns: [
    {
      name: 'Validations',
      type: 'integer',
      description: 'Validations indicates the number of validation rules defined in this configuration',
      of: ({ spec }) => spec.validations?.length ?? 0,
    },
    {
      name: 'ParamKind',
      description: 'ParamKind specifies the kind of resources used to parameterize this policy',
      of: ({ spec: { paramKind } }) =>
        paramKind ? `${paramKind.apiVersion ?? ''}/${paramKind.kind ?? ''}` : '<unset>',
    },
    age,
  ],
})
