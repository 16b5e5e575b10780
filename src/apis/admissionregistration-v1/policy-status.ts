/** Checks of a ValidatingAdmissionPolicy's status. */
import { type FieldError, required } from '../../machinery/field-error.js'
import type { ValidatingAdmissionPolicy } from '../generated/admissionregistration-v1.js'
import { validateConditions } from '../validation/conditions.js'

export function* validatePolicyStatus({ status }: ValidatingAdmissionPolicy): Generator<FieldError> {
  for (const [i, { warning, fieldRef }] of (status?.typeChecking?.expressionWarnings ?? []).entries()) {
    const path = `status.typeChecking.expressionWarnings[${i}]`
    if (!warning) yield required(`${path}.warning`)
    if (!fieldRef?.trim()) yield required(`${path}.fieldRef`)
  }
  yield* validateConditions(status?.conditions, 'status.conditions')
}
