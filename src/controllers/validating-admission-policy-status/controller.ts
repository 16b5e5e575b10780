/** ValidatingAdmissionPolicy status controller: tells in a policy's status what its expressions get wrong about the kinds it is for. */
import { validatingAdmissionPolicy as policyKind } from '../../apis/admissionregistration-v1/validating-admission-policy.js'
import type { ValidatingAdmissionPolicy } from '../../apis/generated/admissionregistration-v1.js'
import { loadPatternEngine } from '../../machinery/structural/pattern.js'
import { defineController } from '../runtime/define-controller.js'
import { done } from '../runtime/result.js'
import { typesOf } from './policy-types.js'
import { expressionWarnings } from './type-check.js'

const name = 'validatingadmissionpolicy-status'

const isChecked = ({ metadata, status }: ValidatingAdmissionPolicy) =>
  (metadata.generation ?? 0) <= (status?.observedGeneration ?? 0)

export const validatingAdmissionPolicyStatusController = defineController<ValidatingAdmissionPolicy>({
  name,
  serviceAccount: `${name}-controller`,
  for: policyKind,
  relevant: policy => !isChecked(policy),

  async reconcile(policy, { client, clock }) {
    if (isChecked(policy)) return done
    await loadPatternEngine()
    const types = await typesOf(policy, client)
    const warnings = expressionWarnings(policy, { ...types, nanosecond: (clock.now() % 1000) * 1_000_000 })
    const { apiVersion, kind } = policyKind
    const body = {
      ...{ apiVersion, kind, metadata: { name: policy.metadata.name } },
      status: {
        observedGeneration: policy.metadata.generation,
        typeChecking: warnings.length ? { expressionWarnings: warnings } : {},
      },
    }
    const patch = { type: 'application/apply-patch+yaml', body } as const
    await client.patch(policyKind, { name: policy.metadata.name ?? '' }, patch, {
      ...{ subresource: 'status', fieldManager: name, force: true },
    })
    return done
  },
})
