/** All kinds of certificates.k8s.io/v1. */
import { certificateSigningRequest } from './certificate-signing-request.js'

export { certificateSigningRequest }

export const certificatesV1Kinds = [certificateSigningRequest] as const
