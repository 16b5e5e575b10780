/** All kinds of admissionregistration.k8s.io/v1. */
import { mutatingWebhookConfiguration } from './mutating-webhook-configuration.js'
import { validatingAdmissionPolicy } from './validating-admission-policy.js'
import { validatingAdmissionPolicyBinding } from './validating-admission-policy-binding.js'
import { validatingWebhookConfiguration } from './validating-webhook-configuration.js'

export const admissionRegistrationV1Kinds = [
  mutatingWebhookConfiguration,
  validatingAdmissionPolicy,
  validatingAdmissionPolicyBinding,
  validatingWebhookConfiguration,
] as const
