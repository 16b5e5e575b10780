/** CertificateApproval, CertificateSigning and CertificateSubjectRestriction: who may let certificates be issued, and to whom never. */
import type { CertificateSigningRequest } from '../../apis/generated/certificates-v1.js'
import { semanticEqual } from '../../apis/validation/semantic-equal.js'
import { parseCertificateRequestPem } from '../../machinery/pki/certificate-request.js'
import { resourceAttributes } from '../authz/attributes.js'
import type { Authorize } from '../authz/authorizer.js'
import { type AdmissionAttributes, type AdmissionPlugin, refusal } from './admission.js'

const resources = ['certificatesigningrequests.certificates.k8s.io']
const clientSigner = 'kubernetes.io/kube-apiserver-client'

const asRequest = (object: AdmissionAttributes['object']) => object as unknown as CertificateSigningRequest

/** Asks for the verb on the signer by name, then on all signers of its domain. */
async function mayUseSigner(authorize: Authorize, { user, old }: AdmissionAttributes, verb: string): Promise<boolean> {
  const { signerName } = asRequest(old).spec
  const domain = signerName.split('/')[0]
  for (const name of [signerName, `${domain}/*`]) {
    const wanted = { group: 'certificates.k8s.io', version: '*', resource: 'signers', verb, name }
    if ((await authorize(resourceAttributes(user, wanted))).allowed) return true
  }
  return false
}

export const certificateApproval = (authorize: Authorize): AdmissionPlugin => ({
  name: 'CertificateApproval',
  operations: ['UPDATE'],
  resources,
  subresources: true,
  async validate(attributes) {
    if (attributes.subresource !== 'approval' || (await mayUseSigner(authorize, attributes, 'approve'))) return
    const { signerName } = asRequest(attributes.old).spec
    throw refusal(attributes, `user not permitted to approve requests with signerName ${JSON.stringify(signerName)}`)
  },
})

export const certificateSigning = (authorize: Authorize): AdmissionPlugin => ({
  name: 'CertificateSigning',
  operations: ['UPDATE'],
  resources,
  subresources: true,
  async validate(attributes) {
    if (attributes.subresource !== 'status') return
    const [{ status = {} }, { status: before = {}, spec }] = [asRequest(attributes.object), asRequest(attributes.old)]
    const same = semanticEqual(status.conditions, before.conditions) && status.certificate === before.certificate
    if (same || (await mayUseSigner(authorize, attributes, 'sign'))) return
    throw refusal(attributes, `user not permitted to sign requests with signerName ${JSON.stringify(spec.signerName)}`)
  },
})

export const certificateSubjectRestriction: AdmissionPlugin = {
  name: 'CertificateSubjectRestriction',
  operations: ['CREATE'],
  resources,
  validate(attributes) {
    const { spec } = asRequest(attributes.object)
    if (spec.signerName !== clientSigner) return
    const { subject } = parseCertificateRequestPem(spec.request)
    if (subject.organizations.includes('system:masters'))
      throw refusal(attributes, `use of ${clientSigner} signer with system:masters group is not allowed`)
  },
}
