/** Which paths each endpoint sets back to what is stored, so that nobody comes to own them by writing there. */
import type { AnyKind } from '../../machinery/kind.js'

/** By subresource, `''` for the object itself. */
type ResetFields = Readonly<Record<string, readonly string[]>>

const wholeStatus: ResetFields = { status: ['metadata', 'spec'] }

/** Where upstream's strategies differ from the rule, by qualified resource. */
const exceptions: Readonly<Record<string, ResetFields>> = {
  'deployments.apps': { status: ['spec', 'metadata.labels'] },
  pods: { status: ['spec', 'metadata.deletionTimestamp', 'metadata.ownerReferences'] },
  namespaces: { finalize: ['status'] },
  'certificatesigningrequests.certificates.k8s.io': {
    '': ['spec', 'status'],
    status: ['spec', 'status.conditions'],
    approval: ['spec', 'status.certificate'],
  },
  // Upstream names these by a group that does not exist.
  'servicecidrs.networking.k8s.io': { '': [], status: [] },
  'volumeattachments.storage.k8s.io': wholeStatus,
  'flowschemas.flowcontrol.apiserver.k8s.io': wholeStatus,
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io': wholeStatus,
  'validatingadmissionpolicies.admissionregistration.k8s.io': wholeStatus,
  'customresourcedefinitions.apiextensions.k8s.io': wholeStatus,
  'apiservices.apiregistration.k8s.io': wholeStatus,
}

/** Dotted paths: `status` through the object of a kind with that subresource, `spec` through `status`, unless the kind is special. */
export function resetFieldsOf({ qualifiedResource, subresources }: AnyKind, subresource: string): readonly string[] {
  const special = exceptions[qualifiedResource]?.[subresource]
  if (special) return special
  if (subresource === 'status') return ['spec']
  return subresource === '' && subresources.status ? ['status'] : []
}
