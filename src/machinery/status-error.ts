/** The one catalogue of API errors. Every failure that reaches a client is a StatusError; HTTP knows only `status.code`. */
import type { FieldError } from './field-error.js'
import type { KindRef } from './kind.js'

export type StatusReason =
  | 'Unauthorized'
  | 'Forbidden'
  | 'NotFound'
  | 'AlreadyExists'
  | 'Conflict'
  | 'Gone'
  | 'Invalid'
  | 'ServerTimeout'
  | 'Timeout'
  | 'TooManyRequests'
  | 'BadRequest'
  | 'MethodNotAllowed'
  | 'NotAcceptable'
  | 'RequestEntityTooLarge'
  | 'UnsupportedMediaType'
  | 'InternalError'
  | 'Expired'
  | 'ServiceUnavailable'

export interface StatusCause {
  reason?: string
  message?: string
  field?: string
}

export interface StatusDetails {
  name?: string
  group?: string
  kind?: string
  uid?: string
  causes?: StatusCause[]
  retryAfterSeconds?: number
}

/** metav1.Status. */
export interface Status {
  kind: 'Status'
  apiVersion: 'v1'
  metadata: Record<string, never>
  status: 'Success' | 'Failure'
  message?: string
  reason?: StatusReason | ''
  details?: StatusDetails
  code: number
}

/** The package is two libraries, each with a copy of the class: an error of one is one to the other. */
const brand = Symbol.for('minik8s.dev/StatusError')

export class StatusError extends Error {
  readonly [brand] = true
  readonly status: Status

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && brand in value
  }

  constructor(code: number, reason: StatusReason | '', message: string, details?: StatusDetails) {
    super(message)
    this.name = 'StatusError'
    this.status = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      ...(reason && { reason }),
      ...(details && { details }),
      code,
    }
  }
  get code(): number {
    return this.status.code
  }
  get reason(): string {
    return this.status.reason ?? ''
  }
}

/** True for a StatusError with that reason, wherever it was thrown. */
export const isReason = (error: unknown, reason: StatusReason): boolean =>
  error instanceof StatusError && error.status.reason === reason

type Resource = Pick<KindRef, 'group' | 'names'>
const qualified = ({ group, names }: Resource) => (group ? `${names.plural}.${group}` : names.plural)
const detailsOf = (kind: Resource, name: string): StatusDetails => ({
  ...(name && { name }),
  ...(kind.group && { group: kind.group }),
  kind: kind.names.plural,
})

export const notFound = (kind: Resource, name: string) =>
  new StatusError(404, 'NotFound', `${qualified(kind)} "${name}" not found`, detailsOf(kind, name))

export const alreadyExists = (kind: Resource, name: string) =>
  new StatusError(409, 'AlreadyExists', `${qualified(kind)} "${name}" already exists`, detailsOf(kind, name))

/** `cause` completes the sentence, e.g. objectModified. */
export const conflict = (kind: Resource, name: string, cause: string) =>
  new StatusError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(kind)} "${name}": ${cause}`,
    detailsOf(kind, name),
  )

/** 405 of a resource whose path knows the method, but which cannot do what is asked for. */
export const methodNotSupported = (kind: Resource, action: string) =>
  new StatusError(
    405,
    'MethodNotAllowed',
    `${action} is not supported on resources of kind "${qualified(kind)}"`,
    detailsOf(kind, ''),
  )

/** Upstream's words for a lost optimistic-concurrency race. */
export const objectModified =
  'the object has been modified; please apply your changes to the latest version and try again'

/** 422 with one cause per field error. */
export function invalidObject(
  kind: Pick<KindRef, 'group' | 'kind'>,
  name: string,
  errors: readonly FieldError[],
): StatusError {
  const lines = [...new Set(errors.map(e => `${e.field}: ${e.message}`))]
  const text = lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`
  const id = kind.group ? `${kind.kind}.${kind.group}` : kind.kind
  return new StatusError(422, 'Invalid', `${id} "${name}" is invalid: ${text}`, {
    ...(name && { name }),
    ...(kind.group && { group: kind.group }),
    ...(kind.kind && { kind: kind.kind }),
    causes: errors.map(e => ({ reason: e.type, message: e.message, field: e.field })),
  })
}

/** `user` and `why` complete upstream's sentence. */
export const forbiddenError = (kind: Resource, name: string, why: string) =>
  new StatusError(
    403,
    'Forbidden',
    `${qualified(kind)}${name ? ` "${name}"` : ''} is forbidden: ${why}`,
    detailsOf(kind, name),
  )

export const unauthorized = () => new StatusError(401, 'Unauthorized', 'Unauthorized')
export const badRequest = (message: string) => new StatusError(400, 'BadRequest', message)
export const gone = (message: string) => new StatusError(410, 'Expired', message)
export const tooLargeResourceVersion = (wanted: number | bigint, current: number, retries = true) =>
  new StatusError(504, 'Timeout', `Timeout: Too large resource version: ${wanted}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    ...(retries && { retryAfterSeconds: 1 }),
  })
export const internalError = (message: string) =>
  new StatusError(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] })
export const serviceUnavailable = (message: string) => new StatusError(503, 'ServiceUnavailable', message)
export const tooManyRequests = (message: string, retryAfterSeconds: number) =>
  new StatusError(429, 'TooManyRequests', message, { retryAfterSeconds })
