/** AdmissionReview: what a webhook is asked, and how its answer is read. */
import type { AnyKind } from '../../../machinery/kind.js'
import type { AnyObject } from '../../../machinery/object-meta.js'
import { badRequest, type Status, StatusError, type StatusReason } from '../../../machinery/status-error.js'
import type { AdmissionAttributes } from '../admission.js'
import { admissionRequest } from '../policy/admission-request.js'

const v1 = 'admission.k8s.io/v1'

export interface ReviewObjects {
  object: AnyObject | undefined
  old: AnyObject | undefined
}

/** `as`: the kind in whose version the objects are given. */
export const newReview = (
  uid: string,
  attributes: AdmissionAttributes,
  as: AnyKind,
  { object, old }: ReviewObjects,
) => ({
  kind: 'AdmissionReview',
  apiVersion: v1,
  request: {
    uid,
    ...admissionRequest(attributes, as),
    object: object ?? null,
    oldObject: old ?? null,
  },
})

export interface ReviewAnswer {
  allowed: boolean
  status?: Partial<Status>
  /** JSON patch, parsed. */
  patch?: unknown[]
  warnings: readonly string[]
  auditAnnotations: Readonly<Record<string, string>>
}

interface ReviewResponse {
  uid?: string
  allowed?: boolean
  status?: Partial<Status>
  patch?: string
  patchType?: string
  warnings?: string[]
  auditAnnotations?: Record<string, string>
}

/** Undecodable: what comes back is no review at all. */
function responseOf(document: unknown, uid: string): ReviewResponse {
  const {
    kind,
    apiVersion = '',
    response,
  } = (document ?? {}) as {
    kind?: string
    apiVersion?: string
    response?: ReviewResponse
  }
  const [version = '', group = ''] = apiVersion.split('/').reverse()
  if (kind !== 'AdmissionReview' || apiVersion !== v1)
    throw new Error(
      `received invalid webhook response: expected webhook response of ${v1}, Kind=AdmissionReview, got ${group ? `${group}/` : ''}${version}, Kind=${kind ?? ''}`,
    )
  if (!response) throw new Error('received invalid webhook response: webhook response was absent')
  if (response.uid !== uid)
    throw new Error(
      `received invalid webhook response: expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? '')}`,
    )
  return response
}

function checkPatch({ patch, patchType }: ReviewResponse, mutating: boolean): void {
  const invalid = (why: string): never => {
    throw new Error(`received invalid webhook response: ${why}`)
  }
  if (!mutating) {
    if (patch) invalid('validating webhook may not return response.patch')
    if (patchType !== undefined) invalid('validating webhook may not return response.patchType')
    return
  }
  if (patch && patchType === undefined) invalid('webhook returned response.patch but not response.patchType')
  if (!patch && patchType !== undefined) invalid('webhook returned response.patchType but not response.patch')
  if (patchType === '') invalid('webhook returned invalid response.patchType of ""')
  if (patchType !== undefined && patchType !== 'JSONPatch')
    throw new Error(`unsupported patch type ${JSON.stringify(patchType)}`)
}

function decodePatch(text: string): unknown[] {
  const json = Buffer.from(text, 'base64').toString()
  try {
    const patch: unknown = JSON.parse(json)
    if (Array.isArray(patch)) return patch
  } catch {
    // Said below.
  }
  throw new Error(`received undecodable patch in webhook response: ${json.slice(0, 100)}`)
}

/** Throws an Error that says what is wrong with the answer. */
export function readAnswer(document: unknown, uid: string, mutating: boolean): ReviewAnswer {
  const response = responseOf(document, uid)
  checkPatch(response, mutating)
  return {
    allowed: response.allowed === true,
    ...(response.status && { status: response.status }),
    ...(response.patch && { patch: decodePatch(response.patch) }),
    warnings: response.warnings ?? [],
    auditAnnotations: response.auditAnnotations ?? {},
  }
}

/** What the client hears of a refusal: what the webhook says, but never that all went well. */
export function denial(webhook: string, { code = 0, message, reason, details }: Partial<Status> = {}): StatusError {
  const by = `admission webhook ${JSON.stringify(webhook)} denied the request`
  const why = message || reason
  return new StatusError(
    Math.max(code, 400),
    (reason ?? '') as StatusReason,
    why ? `${by}: ${why}` : `${by} without explanation`,
    details,
  )
}

export const dryRunUnsupported = (webhook: string): StatusError =>
  badRequest(`admission webhook ${JSON.stringify(webhook)} does not support dry run`)
