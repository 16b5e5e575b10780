/** Checks of a CertificateSigningRequest; what is wrong already in the stored object is tolerated. */
import { duplicate, type FieldError, forbidden, invalid, notSupported, required } from '../../machinery/field-error.js'
import { parseCertificateRequestPem } from '../../machinery/pki/certificate-request.js'
import { givenEmpty } from '../../machinery/schema/given-empty.js'
import type { CertificateSigningRequest } from '../generated/certificates-v1.js'
import { certificateError } from './certificate.js'
import { conditionsOf, validateConditions, validateConditionsUpdate } from './conditions.js'
import { validateSignerName } from './signer-name.js'

const legacySigner = 'kubernetes.io/legacy-unknown'
const minExpiration = 600

/** Sorted, as upstream's messages list them. */
const knownUsages = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
]

type Request = CertificateSigningRequest
const usagesOf = ({ spec }: Request) => spec.usages ?? []

function* validateRequest({ spec }: Request): Generator<FieldError> {
  const { request } = spec
  try {
    parseCertificateRequestPem(request ?? '').checkSignature()
  } catch (error) {
    yield invalid('spec.request', request ?? givenEmpty(spec, 'request') ?? null, (error as Error).message)
  }
}

function* validateUsages(object: Request, old: Request | undefined): Generator<FieldError> {
  const usages = usagesOf(object)
  const before = old ? usagesOf(old) : []
  if (!usages.length) yield required('spec.usages')
  if (before.every(usage => knownUsages.includes(usage)))
    for (const [i, usage] of usages.entries())
      if (!knownUsages.includes(usage)) yield notSupported(`spec.usages[${i}]`, usage, knownUsages)
  if (new Set(before).size < before.length) return
  for (const [i, usage] of usages.entries()) if (usages.indexOf(usage) < i) yield duplicate(`spec.usages[${i}]`, usage)
}

function* validateSpec(object: Request, old: Request | undefined): Generator<FieldError> {
  const { signerName, expirationSeconds: seconds } = object.spec
  yield* validateRequest(object)
  yield* validateUsages(object, old)
  if (signerName === legacySigner && old?.spec.signerName !== legacySigner)
    yield invalid('spec.signerName', signerName, 'the legacy signerName is not allowed via this API version')
  else yield* validateSignerName(signerName ?? '', 'spec.signerName')
  if (seconds !== undefined && seconds < minExpiration)
    yield invalid('spec.expirationSeconds', seconds, 'may not specify a duration less than 600 seconds (10 minutes)')
}

/** The whole object; `old` is what is stored, if anything. */
export function* validateSigningRequest(object: Request, old?: Request): Generator<FieldError> {
  yield* validateSpec(object, old)
  yield* validateConditions(conditionsOf(object), old ? conditionsOf(old) : [])
  const certificate = object.status?.certificate
  const tolerated = old && (certificate === old.status?.certificate || certificateError(old.status?.certificate))
  const error = tolerated ? undefined : certificateError(certificate)
  if (error) yield invalid('status.certificate', '<certificate data>', error)
}

/** What the path of a write allows it to change. */
export interface Allowed {
  approval?: boolean
  certificate?: boolean
}

export function* validateSigningRequestUpdate(object: Request, old: Request, allowed: Allowed): Generator<FieldError> {
  yield* validateSigningRequest(object, old)
  yield* validateConditionsUpdate(conditionsOf(object), conditionsOf(old), allowed.approval ?? false)
  const [now = '', before = ''] = [object.status?.certificate, old.status?.certificate]
  if (now === before) return
  if (!allowed.certificate) yield forbidden('status.certificate', 'updates may not set certificate content')
  else if (before) yield forbidden('status.certificate', 'updates may not modify existing certificate content')
}
