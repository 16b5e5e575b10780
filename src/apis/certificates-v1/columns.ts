/** Printer columns of CertificateSigningRequests, with upstream's descriptions. */
import { humanDuration } from '../../machinery/duration.js'
import type { PrinterColumn } from '../../machinery/kind.js'
import type { CertificateSigningRequest } from '../generated/certificates-v1.js'
import { age } from '../printing/age.js'
import { orNone } from '../printing/placeholder.js'
import { conditionsOf } from './conditions.js'

const signerName = `Requested signer for the request. It is a qualified name in the form: \`scope-hostname.io/name\`. If empty, it will be defaulted:
 1. If it's a kubelet client certificate, it is assigned
    "kubernetes.io/kube-apiserver-client-kubelet".
 2. If it's a kubelet serving certificate, it is assigned
    "kubernetes.io/kubelet-serving".
 3. Otherwise, it is assigned "kubernetes.io/legacy-unknown".
Distribution of trust for signers happens out of band. You can select on this field using \`spec.signerName\`.`

const requestedDuration = `expirationSeconds is the requested duration of validity of the issued certificate. The certificate signer may issue a certificate with a different validity duration so a client must check the delta between the notBefore and and notAfter fields in the issued certificate to determine the actual duration.

The v1.22+ in-tree implementations of the well-known Kubernetes signers will honor this field as long as the requested duration is not greater than the maximum duration they will honor per the --cluster-signing-duration CLI flag to the Kubernetes controller manager.

Certificate signers may not honor this field for various reasons:

  1. Old signer that is unaware of the field (such as the in-tree
     implementations prior to v1.22)
  2. Signer whose configured maximum is shorter than the requested duration
  3. Signer whose configured minimum is longer than the requested duration

The minimum valid value for expirationSeconds is 600, i.e. 10 minutes.`

function printCondition(request: CertificateSigningRequest): string {
  const types = conditionsOf(request).map(({ type }) => type)
  const decision = types.includes('Denied') ? 'Denied' : types.includes('Approved') ? 'Approved' : 'Pending'
  const failed = types.includes('Failed') ? ',Failed' : ''
  return `${decision}${failed}${request.status?.certificate ? ',Issued' : ''}`
}

export const columns: readonly PrinterColumn<CertificateSigningRequest>[] = [
  age,
  { name: 'SignerName', description: signerName, of: ({ spec }) => orNone(spec.signerName) },
  { name: 'Requestor', description: 'Base64-encoded PKCS#10 CSR data', of: ({ spec }) => spec.username ?? '' },
  {
    name: 'RequestedDuration',
    description: requestedDuration,
    of: ({ spec: { expirationSeconds: seconds } }) =>
      seconds === undefined ? '<none>' : humanDuration(seconds * 1000),
  },
  {
    name: 'Condition',
    description: 'Conditions applied to the request, such as approval or denial.',
    of: printCondition,
  },
]
