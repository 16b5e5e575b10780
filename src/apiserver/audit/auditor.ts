/** Decides by the policy what of a request is recorded, whether it comes over HTTP or from this process. */
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import type { Clock } from '../../machinery/clock.js'
import type { ApiRequest } from '../../machinery/request.js'
import { resourceAttributes } from '../authz/attributes.js'
import { attributesOf } from '../authz/exchange-attributes.js'
import type { Exchange } from '../http/exchange.js'
import { isLongRunning, type RequestInfo, unreadRequest } from '../request-info.js'
import { type AuditedRequest, AuditRecord } from './audit-record.js'
import { uriOf } from './call-uri.js'
import { type AuditPolicy, newAuditPolicy } from './policy.js'

export interface AuditDeps {
  clock: Pick<Clock, 'now'>
  policy: AuditPolicy
  /** Appends a line to the log; what it throws fails the request. */
  write(line: string): void
}

export interface Auditor {
  /** Of a request whose user is known; undefined: nothing is recorded. `id` makes the id of one that brings none. */
  begin(exchange: Exchange, id: () => string): AuditRecord | undefined
  /** Of one that could not be authenticated: it has no user. */
  unauthenticated(exchange: Exchange, id: () => string): AuditRecord | undefined
  /** Of a call in this process. */
  beginCall(request: ApiRequest, id: () => string): AuditRecord | undefined
}

const header = (value: string | string[] | undefined): string => (Array.isArray(value) ? value[0] : value) ?? ''

/** What proxies on the way have said, then who is connected: all but the last may be made up. */
export function sourceIpsOf({ headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>): string[] {
  const addresses = header(headers['x-forwarded-for'])
    .split(',')
    .map(part => part.trim())
    .filter(part => isIP(part))
  const real = header(headers['x-real-ip'])
  if (isIP(real) && !addresses.includes(real)) addresses.push(real)
  const remote = socket.remoteAddress?.replace(/^::ffff:/, '')
  if (remote && addresses.at(-1) !== remote) addresses.push(remote)
  return addresses
}

const nobody = { name: '', groups: [] }
const ownAddress = '127.0.0.1'

export function newAuditor({ clock, policy, write }: AuditDeps): Auditor {
  const choose = newAuditPolicy(policy)
  const deps = { now: () => clock.now(), write }

  const record = (request: AuditedRequest) => {
    const choice = choose(request.attributes)
    return choice.level === 'None' ? undefined : new AuditRecord(request, choice, deps)
  }

  const recordOf = (exchange: Exchange, id: string, long = isLongRunning(exchange.info)) =>
    record({
      id,
      uri: exchange.request.url ?? '',
      sourceIps: sourceIpsOf(exchange.request),
      userAgent: exchange.request.headers['user-agent'] ?? '',
      attributes: attributesOf(exchange),
      isLongRunning: long,
    })

  return {
    begin(exchange, id) {
      const begun = recordOf(exchange, id())
      begun?.received()
      return begun
    },
    unauthenticated: (exchange, id) => recordOf({ ...exchange, user: nobody }, id(), true),
    beginCall(request, id) {
      const { verb, group, version, resource, subresource = '', namespace = '', name = '' } = request
      const isNamespace = resource === 'namespaces' && !group
      const info: RequestInfo = {
        ...unreadRequest,
        ...{
          isResource: true,
          verb,
          group,
          version,
          resource,
          subresource,
          namespace: isNamespace ? name : namespace,
          name,
        },
      }
      const begun = record({
        id: id(),
        uri: uriOf(request),
        sourceIps: [ownAddress],
        userAgent: request.userAgent ?? '',
        attributes: resourceAttributes(request.user, info),
        isLongRunning: isLongRunning(info),
      })
      begun?.received()
      return begun
    },
  }
}
