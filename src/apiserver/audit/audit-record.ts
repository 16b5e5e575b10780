/** What is recorded of one request, as it becomes known; each stage is a line of JSON, an Event of audit.k8s.io/v1. */
import { formatMicroTime } from '../../machinery/clock.js'
import { parseExactJson } from '../../machinery/json/parse-exact.js'
import { stringifyJson } from '../../machinery/json/stringify.js'
import type { UserInfo } from '../../machinery/request.js'
import type { Status } from '../../machinery/status-error.js'
import type { Attributes, Decision } from '../authz/attributes.js'
import type { AuditChoice, AuditStage } from './policy.js'

/** What is known when a request begins. */
export interface AuditedRequest {
  id: string
  /** As sent, with its query. */
  uri: string
  sourceIps: readonly string[]
  userAgent: string
  attributes: Attributes
  isLongRunning: boolean
}

export interface AuditRecordDeps {
  /** In milliseconds since the epoch. */
  now(): number
  /** Rejects the request by throwing. */
  write(line: string): void
}

type Metadata = Partial<Record<'name' | 'namespace' | 'uid' | 'resourceVersion', string>>

const longestUserAgent = 1024

/** As upstream prints a user. */
const userOf = ({ name, uid, groups, extra }: UserInfo) => ({
  username: name,
  ...(uid && { uid }),
  ...(groups.length && { groups }),
  ...(extra && Object.keys(extra).length && { extra }),
})

interface Managed {
  metadata?: { managedFields?: unknown }
}

/** The object, those of a list, or those in the rows of a table, without their managed fields. */
function dropManagedFields(value: Managed & { items?: Managed[]; rows?: { object?: Managed }[] }): void {
  for (const each of [value, ...(value.items ?? []), ...(value.rows ?? []).map(row => row.object)])
    if (each?.metadata) delete each.metadata.managedFields
}

const quotedValue = /((?:Invalid|Unsupported|Duplicate) value: )(?:"(?:[^"\\]|\\.)*"|[^:]*)/g

/** An error without the values that it quotes. */
function withoutValues({ message, details, ...rest }: Status): Status {
  const hide = (text: string) => text.replace(quotedValue, '$1"…"')
  const causes = details?.causes?.map(cause => ({ ...cause, ...(cause.message && { message: hide(cause.message) }) }))
  return {
    ...rest,
    ...(message && { message: hide(message) }),
    ...(details && { details: { ...details, ...(causes && { causes }) } }),
  }
}

export class AuditRecord {
  /** Whether answers are recorded whole. */
  readonly wantsAnswer: boolean
  readonly #request: AuditedRequest
  readonly #choice: AuditChoice
  readonly #deps: AuditRecordDeps
  readonly #received: number
  readonly #annotations: Record<string, string> = {}
  readonly #objectRef: Record<string, string> | undefined
  #impersonated: UserInfo | undefined
  #status: object | undefined
  /** JSON, on one line. */
  #requestObject: string | undefined
  #responseObject: string | undefined
  #isStarted = false
  #isEnded = false

  constructor(request: AuditedRequest, choice: AuditChoice, deps: AuditRecordDeps) {
    this.#request = request
    this.#choice = choice
    this.#deps = deps
    this.#received = deps.now()
    this.wantsAnswer = choice.level === 'RequestResponse'
    const { isResource, resource, namespace, name, group, version, subresource } = request.attributes
    if (isResource)
      this.#objectRef = {
        resource,
        ...(namespace && { namespace }),
        ...(name && { name }),
        ...(group && { apiGroup: group }),
        apiVersion: version,
        ...(subresource && { subresource }),
      }
  }

  received(): void {
    this.#write('RequestReceived', this.#received)
  }

  /** The first to say something under a key is right. */
  annotate(key: string, value: string): void {
    this.#annotations[key] ??= value
  }

  decided({ allowed, reason }: Decision): void {
    this.annotate('authorization.k8s.io/decision', allowed ? 'allow' : 'forbid')
    this.annotate('authorization.k8s.io/reason', reason)
  }

  impersonated(user: UserInfo): void {
    this.#impersonated = user
  }

  /** The object that was sent, read and with its defaults; or options. */
  decoded(object: object): void {
    const { metadata = {} } = object as { metadata?: Metadata }
    for (const field of ['name', 'namespace', 'uid', 'resourceVersion'] as const)
      if (this.#objectRef && metadata[field]) this.#objectRef[field] ??= metadata[field]
    if (this.#wantsRequest) this.#requestObject = this.#printed(stringifyJson(object))
  }

  /** A patch, as it was sent: JSON, or YAML. */
  patched(text: string): void {
    if (!this.#wantsRequest) return
    try {
      this.#requestObject = stringifyJson(parseExactJson(text))
    } catch {
      this.#requestObject = JSON.stringify(text)
    }
  }

  /** JSON of the whole answer. Only to be called where that is wanted. */
  answered(json: string): void {
    this.#responseObject = this.#printed(json)
  }

  /** A Status is the answer. */
  told(given: Status): void {
    const { status, message, reason, details, code } = this.#holdsSecrets ? withoutValues(given) : given
    this.#status = {
      metadata: {},
      ...(status && { status }),
      ...(message && { message }),
      ...(reason && { reason }),
      ...(details && { details }),
      ...(code && { code }),
    }
  }

  /** The head of the answer goes out. */
  started(code: number): void {
    if (this.#isStarted) return
    this.#isStarted = true
    this.#status = { metadata: {}, ...this.#status, code }
    if (this.#request.isLongRunning) this.#write('ResponseStarted')
  }

  /** Only the first counts: a connection that was taken over ends once more. */
  ended(code: number): void {
    this.started(code)
    if (this.#isEnded) return
    this.#isEnded = true
    if (this.#request.attributes.user.name) this.#write('ResponseComplete')
  }

  /** Then an error may not say what the body said. Upstream's does. */
  get #holdsSecrets(): boolean {
    const { group, resource } = this.#request.attributes
    return resource === 'secrets' && !group && !this.#wantsRequest
  }

  get #wantsRequest(): boolean {
    return this.#choice.level === 'Request' || this.wantsAnswer
  }

  /** JSON may have been indented, for people. */
  #printed(json: string): string {
    if (!this.#choice.omitManagedFields && !json.includes('\n')) return json
    const value = parseExactJson(json) as object
    if (this.#choice.omitManagedFields) dropManagedFields(value)
    return stringifyJson(value)
  }

  #write(stage: AuditStage, at = this.#deps.now()): void {
    if (this.#choice.omitStages.has(stage)) return
    const { id, uri, sourceIps, userAgent, attributes } = this.#request
    const { name } = attributes.user
    const impersonated = this.#impersonated
    const long = userAgent.length > longestUserAgent
    const head = {
      ...{ kind: 'Event', apiVersion: 'audit.k8s.io/v1', level: this.#choice.level, auditID: id, stage },
      ...{ requestURI: uri, verb: attributes.verb, user: name ? userOf(attributes.user) : {} },
      ...(impersonated && { impersonatedUser: userOf(impersonated) }),
      ...(sourceIps.length && { sourceIPs: sourceIps }),
      ...(userAgent && { userAgent: long ? `${userAgent.slice(0, longestUserAgent)}...TRUNCATED` : userAgent }),
      ...(this.#objectRef && { objectRef: this.#objectRef }),
      ...(this.#status && { responseStatus: this.#status }),
    }
    const tail = {
      requestReceivedTimestamp: formatMicroTime(this.#received),
      stageTimestamp: formatMicroTime(at),
      ...(Object.keys(this.#annotations).length && { annotations: this.#annotations }),
    }
    const objects = [
      ...(this.#requestObject === undefined ? [] : [`"requestObject":${this.#requestObject},`]),
      ...(this.#responseObject === undefined ? [] : [`"responseObject":${this.#responseObject},`]),
    ]
    this.#deps.write(`${JSON.stringify(head).slice(0, -1)},${objects.join('')}${JSON.stringify(tail).slice(1)}\n`)
  }
}
