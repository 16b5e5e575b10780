/** Whose certificate a request is for, by its subject, names and usages. */
import type { CertificateRequest } from '../../machinery/pki/certificate-request.js'

const sameSet = (a: readonly string[], b: readonly string[]) =>
  new Set(a).size === b.length && b.every(item => a.includes(item))

type Usages = readonly string[] | undefined

/** Both forms: keys other than RSA need no key encipherment. */
const hasUsages = (usages: Usages, purpose: string) =>
  sameSet(usages ?? [], ['digital signature', 'key encipherment', purpose]) ||
  sameSet(usages ?? [], ['digital signature', purpose])

const usageError = (purpose: string) =>
  `usages did not match [${['digital signature', 'key encipherment', purpose].sort().join(' ')}]`

const isForNodes = ({ subject: { organizations } }: CertificateRequest) =>
  organizations.length === 1 && organizations[0] === 'system:nodes'

const wrongOrganization = 'subject organization is not system:nodes'
const wrongCommonName = 'subject common name does not begin with system:node:'
const isNodeName = ({ subject }: CertificateRequest) => subject.commonName.startsWith('system:node:')

/** Why this is no request of a kubelet for its client certificate; undefined when it is one. */
export function kubeletClientError(request: CertificateRequest, usages: Usages): string | undefined {
  if (!isForNodes(request)) return wrongOrganization
  if (request.dnsNames.length) return 'DNS subjectAltNames are not allowed'
  if (request.emailAddresses.length) return 'Email subjectAltNames are not allowed'
  if (request.ipAddresses.length) return 'IP subjectAltNames are not allowed'
  if (request.uris.length) return 'URI subjectAltNames are not allowed'
  if (!isNodeName(request)) return wrongCommonName
  return hasUsages(usages, 'client auth') ? undefined : usageError('client auth')
}

/** Why this is no request of a kubelet for its serving certificate; undefined when it is one. */
export function kubeletServingError(request: CertificateRequest, usages: Usages): string | undefined {
  if (!isForNodes(request)) return wrongOrganization
  if (!request.dnsNames.length && !request.ipAddresses.length) return 'DNS or IP subjectAltName is required'
  if (request.emailAddresses.length) return 'Email subjectAltNames are not allowed'
  if (request.uris.length) return 'URI subjectAltNames are not allowed'
  if (!hasUsages(usages, 'server auth')) return usageError('server auth')
  return isNodeName(request) ? undefined : wrongCommonName
}

/** Why these usages are none of a client of the API server; undefined when they are. */
export function clientUsageError(usages: Usages): string | undefined {
  const allowed = ['digital signature', 'key encipherment', 'client auth']
  const other = usages?.find(usage => !allowed.includes(usage))
  if (other !== undefined) return `invalid usage for client certificate: ${other}`
  return usages?.includes('client auth') ? undefined : 'missing required usage for client certificate: client auth'
}
