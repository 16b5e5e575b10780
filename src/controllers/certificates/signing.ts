/** CSR signing: approved requests to the cluster's own signers get certificates from its CA. */
import { certificateSigningRequest } from '../../apis/certificates-v1/index.js'
import { clientUsageError, kubeletClientError, kubeletServingError } from '../../apis/certificates-v1/purpose.js'
import type { CertificateSigningRequest } from '../../apis/generated/certificates-v1.js'
import { type CertificateRequest, parseCertificateRequestPem } from '../../machinery/pki/certificate-request.js'
import type { KeyPair } from '../../machinery/pki/certificates.js'
import { signRequest } from '../../machinery/pki/sign-request.js'
import type { Controller } from '../runtime/controller.js'
import { defineController } from '../runtime/define-controller.js'
import { done } from '../runtime/result.js'
import { conditionsOf, hasFailed, isApproved } from './conditions.js'
import { planGrant } from './grant.js'

type Usages = CertificateSigningRequest['spec']['usages']

/** Why the signer refuses; undefined when it signs. */
type Check = (request: CertificateRequest, usages: Usages) => string | undefined

const signers: Readonly<Record<string, { queue: string; check: Check }>> = {
  'kubernetes.io/kubelet-serving': { queue: 'csrsigning-kubelet-serving', check: kubeletServingError },
  'kubernetes.io/kube-apiserver-client-kubelet': { queue: 'csrsigning-kubelet-client', check: kubeletClientError },
  'kubernetes.io/kube-apiserver-client': {
    queue: 'csrsigning-kube-apiserver-client',
    check: (_, usages) => clientUsageError(usages),
  },
  'kubernetes.io/legacy-unknown': { queue: 'csrsigning-legacy-unknown', check: () => undefined },
}

function signingController(ca: KeyPair, signerName: string): Controller {
  const { queue, check } = signers[signerName]!
  return defineController<CertificateSigningRequest>({
    name: queue,
    serviceAccount: 'certificate-controller',
    for: certificateSigningRequest,
    relevant: ({ spec }) => spec.signerName === signerName,

    async reconcile(object, { client, clock, log }) {
      const { spec, status } = object
      if (status?.certificate || !isApproved(object) || hasFailed(object)) return done
      const request = parseCertificateRequestPem(spec.request)
      const refusal = check(request, spec.usages)
      if (refusal) {
        const failed = { type: 'Failed', status: 'True', reason: 'SignerValidationFailure', message: refusal }
        const conditions = [...conditionsOf(object), failed]
        await client.updateStatus(certificateSigningRequest, { ...object, status: { ...status, conditions } })
        return done
      }
      const pem = signRequest(ca, request, planGrant(spec, ca, clock.now()))
      const certificate = Buffer.from(pem).toString('base64')
      await client.updateStatus(certificateSigningRequest, { ...object, status: { ...status, certificate } })
      log.info({ name: object.metadata.name, signerName }, 'Issued a certificate')
      return done
    },
  })
}

/** One for each of the cluster's signers, which all sign with its CA. */
export const signingControllers = (ca: KeyPair): Controller[] =>
  Object.keys(signers).map(name => signingController(ca, name))
