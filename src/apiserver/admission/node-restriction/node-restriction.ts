/** NodeRestriction: what the Node authorizer cannot tell from the path alone, such as which pod a status belongs to. */
import type { Authorize } from '../../authz/authorizer.js'
import { nodeIdentity } from '../../authz/node.js'
import { type AdmissionAttributes, type AdmissionPlugin, refusal } from '../admission.js'
import type { Lookup } from '../lookup.js'
import { onCertificateSigningRequest, onClaim, onCsiNode, onLease, onNode, onResourceSlice } from './objects.js'
import { newPodRestriction } from './pods.js'
import type { Restriction } from './restricted.js'
import { newTokenRestriction } from './tokens.js'

export function nodeRestriction(lookup: Lookup, authorize: Authorize): AdmissionPlugin {
  const restrictions: Readonly<Record<string, Restriction>> = {
    pods: newPodRestriction(lookup),
    nodes: onNode,
    serviceaccounts: newTokenRestriction(lookup, authorize),
    persistentvolumeclaims: onClaim,
    'leases.coordination.k8s.io': onLease,
    'csinodes.storage.k8s.io': onCsiNode,
    'resourceslices.resource.k8s.io': onResourceSlice,
    'certificatesigningrequests.certificates.k8s.io': onCertificateSigningRequest,
  }

  const check = async (attributes: AdmissionAttributes) => {
    const node = nodeIdentity(attributes.user)
    if (node === undefined) return
    if (!node) throw refusal(attributes, `could not determine node from user ${JSON.stringify(attributes.user.name)}`)
    await restrictions[attributes.kind.qualifiedResource]?.({ attributes, node })
  }

  return {
    name: 'NodeRestriction',
    operations: ['CREATE', 'UPDATE', 'DELETE'],
    resources: Object.keys(restrictions),
    subresources: true,
    // As upstream: on what the node sent, before it is prepared and validated.
    mutate: check,
  }
}
