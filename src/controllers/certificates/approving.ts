/** CSR approving: kubelets' requests for client certificates are approved when the requestor may create them. */

import { subjectAccessReview } from '../../apis/authorization-v1/index.js'
import { certificateSigningRequest } from '../../apis/certificates-v1/index.js'
import { kubeletClientError } from '../../apis/certificates-v1/purpose.js'
import type { SubjectAccessReview } from '../../apis/generated/authorization-v1.js'
import type { CertificateSigningRequest } from '../../apis/generated/certificates-v1.js'
import type { Client } from '../../client/client.js'
import { type CertificateRequest, parseCertificateRequestPem } from '../../machinery/pki/certificate-request.js'
import { defineController } from '../runtime/define-controller.js'
import { done, requeueAfter } from '../runtime/result.js'
import { conditionsOf, hasCondition } from './conditions.js'

const retryMs = 60_000
const kubeletSigner = 'kubernetes.io/kube-apiserver-client-kubelet'

interface Recognizer {
  /** The subresource that the requestor must be allowed to create. */
  subresource: string
  message: string
  recognizes(object: CertificateSigningRequest, request: CertificateRequest): boolean
}

const recognizers: readonly Recognizer[] = [
  {
    subresource: 'selfnodeclient',
    message: 'Auto approving self kubelet client certificate after SubjectAccessReview.',
    recognizes: ({ spec }, { subject }) => spec.username === subject.commonName,
  },
  {
    subresource: 'nodeclient',
    message: 'Auto approving kubelet client certificate after SubjectAccessReview.',
    recognizes: () => true,
  },
]

async function mayCreate(client: Client, object: CertificateSigningRequest, subresource: string): Promise<boolean> {
  const { username, uid, groups, extra } = object.spec
  const resourceAttributes = {
    group: 'certificates.k8s.io',
    version: '*',
    resource: 'certificatesigningrequests',
    verb: 'create',
    subresource,
  }
  const review = await client.create<SubjectAccessReview>(subjectAccessReview, {
    kind: 'SubjectAccessReview',
    apiVersion: 'authorization.k8s.io/v1',
    metadata: {},
    spec: { user: username, uid, groups, extra, resourceAttributes },
  })
  return review.status?.allowed ?? false
}

export const approvingController = defineController<CertificateSigningRequest>({
  name: 'csrapproving',
  serviceAccount: 'certificate-controller',
  for: certificateSigningRequest,
  relevant: ({ spec }) => spec.signerName === kubeletSigner,

  async reconcile(object, { client }) {
    if (object.status?.certificate || hasCondition(object, 'Approved') || hasCondition(object, 'Denied')) return done
    const request = parseCertificateRequestPem(object.spec.request)
    if (kubeletClientError(request, object.spec.usages)) return done
    const tried = recognizers.filter(({ recognizes }) => recognizes(object, request))
    for (const { subresource, message } of tried) {
      if (!(await mayCreate(client, object, subresource))) continue
      const approved = { type: 'Approved', status: 'True', reason: 'AutoApproved', message }
      const conditions = [...conditionsOf(object), approved]
      await client.updateSubresource(
        certificateSigningRequest,
        { ...object, status: { ...object.status, conditions } },
        'approval',
      )
      return done
    }
    // The requestor may be allowed later.
    return requeueAfter(retryMs)
  },
})
