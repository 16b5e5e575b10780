/** Answers for requests that fail: every error becomes a Status, in the form the client accepts. */
import type { SchemaSet } from '../../machinery/schema/types.js'
import { internalError, StatusError } from '../../machinery/status-error.js'
import type { Logger } from '../../telemetry/logger.js'
import { ForbiddenRequest } from '../authz/attributes.js'
import { type AcceptedForm, negotiate, plainOffer, resourceOffer } from '../negotiate/accept.js'
import type { Exchange } from './exchange.js'
import { sendBody } from './send.js'
import { sendValue } from './send-value.js'

/** What is not a StatusError is a defect of ours: logged, and shown as upstream shows its own. */
export function toStatusError(error: unknown, log: Logger): StatusError {
  if (error instanceof StatusError) return error
  const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined }
  log.error({ error: message, stack }, 'Request failed')
  return internalError(message)
}

function formOf({ request }: Exchange): AcceptedForm {
  try {
    const form = negotiate(request.headers.accept, resourceOffer)
    return { encoding: form.encoding, pretty: form.pretty }
  } catch {
    return negotiate(undefined, plainOffer)
  }
}

/** Nothing can be said once the answer has begun: then the connection ends. */
export async function sendError(
  exchange: Exchange,
  error: unknown,
  { schemas, log }: { schemas: SchemaSet; log: Logger },
): Promise<void> {
  const { response, request } = exchange
  const { status, code } = toStatusError(error, log)
  if (response.headersSent) {
    response.destroy()
    return
  }
  exchange.audit?.told({ ...status, code })
  if (exchange.audit?.wantsAnswer) exchange.audit.answered(JSON.stringify(status))
  const retry = status.details?.retryAfterSeconds
  if (retry) response.setHeader('Retry-After', String(retry))
  if (error instanceof ForbiddenRequest) response.setHeader('X-Content-Type-Options', 'nosniff')
  // The rest of a body that is too large is not read: HTTP/1.1 needs a new connection then.
  if (code === 413 && request.httpVersionMajor === 1) response.setHeader('Connection', 'close')
  await sendValue(exchange, { code, value: status, schema: 'meta.v1.Status' }, { form: formOf(exchange), schemas })
}

/** Plain text, as upstream answers outside the API. */
export async function sendText(exchange: Exchange, code: number, text: string): Promise<void> {
  exchange.response.setHeader('X-Content-Type-Options', 'nosniff')
  await sendBody(exchange, code, { contentType: 'text/plain; charset=utf-8', body: text })
}
