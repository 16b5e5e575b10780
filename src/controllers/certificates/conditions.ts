/** What has been decided about a CertificateSigningRequest. */
import type {
  CertificateSigningRequest,
  CertificateSigningRequestCondition,
} from '../../apis/generated/certificates-v1.js'

type Conditions = readonly CertificateSigningRequestCondition[]

export const conditionsOf = ({ status }: CertificateSigningRequest): Conditions => status?.conditions ?? []

export const hasCondition = (request: CertificateSigningRequest, type: string): boolean =>
  conditionsOf(request).some(condition => condition.type === type)

/** Approved, and nobody denied it. */
export const isApproved = (request: CertificateSigningRequest): boolean =>
  hasCondition(request, 'Approved') && !hasCondition(request, 'Denied')

/** A condition that says no is none. */
export const hasFailed = (request: CertificateSigningRequest): boolean =>
  conditionsOf(request).some(({ type, status }) => type === 'Failed' && (!status || status === 'True'))
