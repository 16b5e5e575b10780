/** Asks the cluster for a node's client certificate: a signing request, approved and issued by its controllers. */
import { certificateSigningRequest } from '../../apis/certificates-v1/index.js'
import type { CertificateSigningRequest } from '../../apis/generated/certificates-v1.js'
import type { Client } from '../../client/client.js'
import type { KeyPair } from '../../machinery/pki/certificates.js'
import { newCertificateRequest } from '../../machinery/pki/new-request.js'
import { UserError } from '../user-error.js'

export interface CertificateDeps {
  /** As whoever asks: the bearer of a token, or the node itself. */
  client: Client
  nodeName: string
  /** How long the certificate is to last; the signer's own choice by default. */
  lifeSeconds?: number
  signal: AbortSignal
}

const signerName = 'kubernetes.io/kube-apiserver-client-kubelet'

/** Undefined while it is not decided. */
function decisionOf({ metadata, status }: CertificateSigningRequest): { certificate: string } | undefined {
  const refused = status?.conditions?.find(({ type }) => type === 'Denied' || type === 'Failed')
  if (refused)
    throw new UserError(
      `the request ${metadata.name} for a certificate was refused: ${refused.message ?? refused.type}`,
    )
  return status?.certificate ? { certificate: Buffer.from(status.certificate, 'base64').toString('utf8') } : undefined
}

/** Resolves when it is issued, however long an approval takes. `asked` hears the name of the request. */
export async function requestCertificate(deps: CertificateDeps, asked: (name: string) => void): Promise<KeyPair> {
  const { client, nodeName, lifeSeconds, signal } = deps
  const { request, key } = newCertificateRequest({
    commonName: `system:node:${nodeName}`,
    organizations: ['system:nodes'],
  })
  const made = await client.create<CertificateSigningRequest>(certificateSigningRequest, {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { generateName: 'node-csr-' },
    spec: {
      request: Buffer.from(request).toString('base64'),
      signerName,
      usages: ['digital signature', 'client auth'],
      ...(lifeSeconds && { expirationSeconds: lifeSeconds }),
    },
  })
  const { name = '' } = made.metadata
  asked(name)
  while (!signal.aborted) {
    const events = await client.watch<CertificateSigningRequest>(
      certificateSigningRequest,
      { fieldSelector: `metadata.name=${name}` },
      signal,
    )
    for await (const { object } of events) {
      const decision = decisionOf(object)
      if (decision) return { ...decision, key }
    }
  }
  throw signal.reason
}
