/** A line of the log for each request that was answered, where such detail is wanted: what kube-apiserver tells at `-v 3`, and nothing of bodies or credentials. */
import type { Logger } from '../../telemetry/logger.js'
import { sourceIpsOf } from '../audit/auditor.js'
import type { Exchange } from './exchange.js'

/** `milliseconds`: from the first byte read to the answer. */
export type LogRequest = (exchange: Exchange, milliseconds: number) => void

/** Undefined where nobody wants to know. */
export function newRequestLog(log: Logger): LogRequest | undefined {
  if (!log.isLevelEnabled('debug')) return undefined
  return ({ request, response, info, user }, milliseconds) => {
    const fields = {
      verb: info.verb,
      uri: request.url,
      code: response.statusCode,
      ms: Math.round(milliseconds * 10) / 10,
      user: user.name,
      userAgent: request.headers['user-agent'],
      auditId: response.getHeader('Audit-Id'),
      from: sourceIpsOf(request)[0],
    }
    log.debug(fields, 'HTTP')
  }
}
