/** Groups of the Kubernetes community may only be extended with its approval, which an annotation has to name. */
import { type FieldError, invalid, required } from '../../machinery/field-error.js'
import type { CustomResourceDefinition, CustomResourceDefinitionCondition } from '../generated/apiextensions-v1.js'
import { parseGoUrl } from '../validation/go-url.js'

export const approvalAnnotation = 'api-approved.kubernetes.io'
const seeAlso = 'see https://github.com/kubernetes/enhancements/pull/1111'

const isProtected = (group: string) =>
  ['k8s.io', 'kubernetes.io'].some(domain => group === domain || group.endsWith(`.${domain}`))

type State = 'Missing' | 'Bypassed' | 'Approved' | 'Invalid'

function isAbsoluteUrl(text: string): boolean {
  try {
    const { scheme, host } = parseGoUrl(text)
    return !!scheme && !!host
  } catch {
    return false
  }
}

function approvalOf({ metadata }: CustomResourceDefinition): { state: State; reason: string } {
  const text = metadata.annotations?.[approvalAnnotation] ?? ''
  if (!text)
    return {
      state: 'Missing',
      reason: `protected groups must have approval annotation "${approvalAnnotation}", ${seeAlso}`,
    }
  if (text.startsWith('unapproved')) return { state: 'Bypassed', reason: `not approved: ${JSON.stringify(text)}` }
  if (isAbsoluteUrl(text)) return { state: 'Approved', reason: `approved in ${text}` }
  const reason = `protected groups must have approval annotation "${approvalAnnotation}" with either a URL or a reason starting with "unapproved", ${seeAlso}`
  return { state: 'Invalid', reason }
}

/** An update that leaves the state of approval as it was is not blamed for it. */
export function* approvalErrors(
  definition: CustomResourceDefinition,
  old?: CustomResourceDefinition,
): Generator<FieldError> {
  if (!isProtected(definition.spec.group)) return
  const { state, reason } = approvalOf(definition)
  if (old && approvalOf(old).state === state) return
  const path = `metadata.annotations[${approvalAnnotation}]`
  if (state === 'Missing') yield required(path, reason)
  if (state === 'Invalid') yield invalid(path, definition.metadata.annotations?.[approvalAnnotation], reason)
}

const conditions: Readonly<Record<State, { status: string; reason: string }>> = {
  Missing: { status: 'False', reason: 'MissingAnnotation' },
  Invalid: { status: 'False', reason: 'InvalidAnnotation' },
  Approved: { status: 'True', reason: 'ApprovedAnnotation' },
  Bypassed: { status: 'False', reason: 'UnapprovedAnnotation' },
}

/** The condition KubernetesAPIApprovalPolicyConformant; undefined for groups that are not protected. */
export function approvalCondition(
  definition: CustomResourceDefinition,
): (CustomResourceDefinitionCondition & { type: 'KubernetesAPIApprovalPolicyConformant' }) | undefined {
  if (!isProtected(definition.spec.group)) return undefined
  const { state, reason } = approvalOf(definition)
  return { type: 'KubernetesAPIApprovalPolicyConformant', message: reason, ...conditions[state] }
}
