/** CSR cleaner: requests that were answered an hour ago, or that nobody answered for a day, are deleted. */
import { X509Certificate } from 'node:crypto'
import { certificateSigningRequest } from '../../apis/certificates-v1/index.js'
import type { CertificateSigningRequest } from '../../apis/generated/certificates-v1.js'
import { decodePem } from '../../machinery/pki/pem.js'
import { isReason } from '../../machinery/status-error.js'
import { defineController } from '../runtime/define-controller.js'
import { done, requeueAfter } from '../runtime/result.js'
import { conditionsOf } from './conditions.js'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const answered = ['Approved', 'Denied', 'Failed']

/** When the issued certificate ends; undefined when it cannot be told. */
function certificateEnd(base64: string): number | undefined {
  const block = decodePem(Buffer.from(base64, 'base64').toString('latin1'))
  try {
    return block && Date.parse(new X509Certificate(block.bytes).validTo)
  } catch {
    return undefined
  }
}

/** The time from which on the request is of no more use, in milliseconds since the epoch; undefined: not as it is now. */
export function planRemoval(request: CertificateSigningRequest): number | undefined {
  const conditions = conditionsOf(request)
  const certificate = request.status?.certificate
  if (!conditions.length) return Date.parse(request.metadata.creationTimestamp ?? '') + dayMs
  const times = conditions
    .filter(
      ({ type, lastUpdateTime }) => lastUpdateTime && answered.includes(type) && (type !== 'Approved' || certificate),
    )
    .map(({ lastUpdateTime }) => Date.parse(lastUpdateTime!) + hourMs)
  const approved = certificate && conditions.some(({ type }) => type === 'Approved')
  const end = approved ? certificateEnd(certificate) : undefined
  if (end !== undefined) times.push(end)
  return times.length ? Math.min(...times) : undefined
}

export const csrCleanerController = defineController<CertificateSigningRequest>({
  name: 'csrcleaner',
  serviceAccount: 'certificate-controller',
  for: certificateSigningRequest,
  workers: 1,

  async reconcile(request, { client, clock, log }) {
    const due = planRemoval(request)
    if (due === undefined) return done
    const left = due - clock.now()
    if (left >= 0) return requeueAfter(left + 1)
    const { name = '', uid } = request.metadata
    log.info({ name }, 'Deleting a certificate signing request that is of no more use')
    try {
      await client.delete(certificateSigningRequest, { name }, { ...(uid && { preconditions: { uid } }) })
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error
    }
    return done
  },
})
