/** Serves a request for a resource: reads its options and body, lets the verb answer, sends the answer. */

import type { AnyKind } from '../../machinery/kind.js'
import type { DeleteOptions, PatchType, RequestVerb } from '../../machinery/request.js'
import { decodeObject } from '../../machinery/schema/decode.js'
import { DecodeError } from '../../machinery/schema/decode-error.js'
import type { SchemaSet } from '../../machinery/schema/types.js'
import { badRequest, StatusError } from '../../machinery/status-error.js'
import type { RestDirectory } from '../deps.js'
import {
  type AcceptedForm,
  checkRouted,
  negotiate,
  type Offer,
  plainOffer,
  resourceOffer,
} from '../negotiate/accept.js'
import { applyPatchType, unsupportedPatchType } from '../verbs/apply.js'
import { typeMetaError } from '../verbs/decode-body.js'
import { patchReadingOf, type VerbRequest } from '../verbs/outcome.js'
import { findSubresource } from '../verbs/subresources.js'
import { methodNotAllowed, resourceNotFound, type Verbs } from '../verbs/verbs.js'
import { findVirtualKind } from '../virtual-kind.js'
import { auditAnswer } from './audit-answer.js'
import { mediaTypeOf, parseObjectBody, parsePatchBody, readBody } from './body.js'
import type { Exchange } from './exchange.js'
import { deleteOptionsOf, listOptionsOf, writeOptionsOf } from './query.js'
import { newRequestEnd } from './request-end.js'
import { type SendContext, sendOutcome } from './send-outcome.js'

export interface ResourceContext extends SendContext {
  verbs: Verbs
  rests: RestDirectory
  virtualKinds: readonly AnyKind[]
  maxBodyBytes: number
  /** Seconds that a watch lives when its client does not say. */
  watchSeconds(): number
  /** Aborts when the server stops. */
  stopping: AbortSignal
}

const listOffer: Offer = { ...resourceOffer, mayStream: true }
const watchOffer: Offer = { ...listOffer, encodings: ['json', 'protobuf'], streams: true }
/** Custom resources have no protobuf of their own; another router answers for them. */
const custom: Pick<Offer, 'convertedOnly' | 'unrouted'> = { convertedOnly: ['protobuf'], unrouted: true }
const customOffer: Offer = { ...resourceOffer, ...custom }
const customListOffer: Offer = { ...listOffer, ...custom }
const customWatchOffer: Offer = { ...watchOffer, ...custom }

const knownVerbs: ReadonlySet<string> = new Set([
  'get',
  'list',
  'watch',
  'create',
  'update',
  'patch',
  'delete',
  'deletecollection',
])
const patchTypes: ReadonlySet<string> = new Set([
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  applyPatchType,
])

const customPatchTypes = ['application/json-patch+json', 'application/merge-patch+json', applyPatchType]

const unsupportedCustomPatch = () =>
  new StatusError(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${customPatchTypes.join(', ')}`,
  )

const storedKind = ({ info }: Exchange, { rests }: ResourceContext) =>
  rests.find(info.group, info.version, info.resource)?.kind

/** The type that a body is read as when it does not name its own. */
function expectedType({ info }: Exchange, kind: AnyKind | undefined) {
  const sub = kind && info.subresource ? findSubresource(kind, info.subresource) : undefined
  if (!sub) return { apiVersion: kind?.apiVersion ?? '', kind: kind?.kind ?? '' }
  const group = sub.group ?? info.group
  const version = sub.version ?? info.version
  return { apiVersion: group ? `${group}/${version}` : version, kind: sub.kind }
}

const optionsKindOf = { create: 'CreateOptions', update: 'UpdateOptions', patch: 'PatchOptions' } as const

/** Upstream answers what is wrong with these options with a plain error, and so with a 500: see docs/decisions, "bad input is 4xx". */
const unreadable = (message: string) => badRequest(message)

function plainly(error: unknown): unknown {
  if (error instanceof DecodeError) return unreadable(error.message)
  if (!(error instanceof StatusError) || error.code !== 400) return error
  return unreadable(
    error.message.replace(/^the object provided is unrecognized \(must be of type \w+\): (.*) \([^()]*\)$/s, '$1'),
  )
}

async function deleteOptions(exchange: Exchange, { maxBodyBytes, schemas }: ResourceContext): Promise<DeleteOptions> {
  const body = await readBody(exchange.request, maxBodyBytes)
  if (!body.length) return deleteOptionsOf(exchange.query)
  const expected = { apiVersion: 'v1', kind: 'DeleteOptions' }
  try {
    const { value } = await parseObjectBody(body, mediaTypeOf(exchange.request), { schemas, expected })
    const wrong = typeMetaError(value)
    if (wrong) throw unreadable(wrong)
    const { kind = 'DeleteOptions', apiVersion = 'meta.k8s.io/v1' } = (value ?? {}) as {
      kind?: string
      apiVersion?: string
    }
    if (kind !== 'DeleteOptions')
      throw unreadable(
        `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/runtime/scheme.go:110"`,
      )
    const options = decodeObject(schemas as SchemaSet, 'meta.v1.DeleteOptions', value ?? {}).object as DeleteOptions
    exchange.audit?.decoded({ ...options, kind: 'DeleteOptions', apiVersion: 'meta.k8s.io/__internal' })
    return options
  } catch (error) {
    throw plainly(error)
  }
}

/** Throws 415. */
function patchTypeOf(exchange: Exchange, context: ResourceContext): PatchType {
  const type = mediaTypeOf(exchange.request)
  const isCustom = storedKind(exchange, context)?.custom !== undefined
  if (isCustom && !customPatchTypes.includes(type)) throw unsupportedCustomPatch()
  if (!patchTypes.has(type)) throw unsupportedPatchType()
  return type as PatchType
}

async function readPatch(request: VerbRequest, exchange: Exchange, context: ResourceContext): Promise<void> {
  const type = patchTypeOf(exchange, context)
  const body = await readBody(exchange.request, context.maxBodyBytes)
  request.patchType = type
  exchange.audit?.patched(body.toString())
  if (type === applyPatchType) {
    // Read when the options are known to be good, as upstream does.
    request.body = body.toString()
    return
  }
  const parsed = await parsePatchBody(body, type, patchReadingOf(request))
  request.body = parsed.value
  request.bodyErrors = parsed.errors
  // Other patches do not keep numbers as they were written.
  if (parsed.fractions && type === 'application/merge-patch+json') request.bodyFractions = parsed.fractions
}

/** Reviews have no tables and no metadata of their own to show. */
function offerFor(exchange: Exchange, context: ResourceContext): Offer {
  const { verb, subresource } = exchange.info
  const isCustom = subresource !== 'scale' && storedKind(exchange, context)?.custom !== undefined
  if (verb === 'watch') return isCustom ? customWatchOffer : watchOffer
  if (verb === 'list') return isCustom ? customListOffer : listOffer
  if (isCustom) return customOffer
  return findVirtualKind(context.virtualKinds, exchange.info) ? plainOffer : resourceOffer
}

async function readObject(request: VerbRequest, exchange: Exchange, context: ResourceContext): Promise<void> {
  const { group, version, resource } = exchange.info
  const kind =
    context.rests.find(group, version, resource)?.kind ?? findVirtualKind(context.virtualKinds, exchange.info)
  if (!kind) throw resourceNotFound()
  const expected = expectedType(exchange, kind)
  const body = await readBody(exchange.request, context.maxBodyBytes)
  const parsed = await parseObjectBody(body, mediaTypeOf(exchange.request), { schemas: context.schemas, expected })
  request.body = parsed.value
  request.bodyErrors = parsed.errors
  request.bodySummary = parsed.summary
  if (parsed.fractions) request.bodyFractions = parsed.fractions
  request.bodyText = () => (body[0] === 0x7b ? body.toString() : JSON.stringify(parsed.value))
}

function requestOf({ info, user, warnings, request, audit }: Exchange): VerbRequest {
  const { verb, group, version, resource, subresource, namespace, name } = info
  return {
    verb: verb as RequestVerb,
    group,
    version,
    resource,
    user,
    userAgent: request.headers['user-agent'] ?? '',
    ...(subresource && { subresource }),
    ...(namespace && { namespace }),
    ...(name && { name }),
    warn: message => warnings.push(message),
    ...(audit && { audit }),
  }
}

/** Of a method that no resource knows: a resource or a subresource that is none counts more. */
function notServed(exchange: Exchange, context: ResourceContext): StatusError {
  const { subresource } = exchange.info
  const kind = storedKind(exchange, context)
  return kind && (!subresource || findSubresource(kind, subresource)) ? methodNotAllowed() : resourceNotFound()
}

/** Throws a StatusError while nothing has been sent. */
export async function serveResource(exchange: Exchange, context: ResourceContext): Promise<void> {
  const { info, query, request: http } = exchange
  const { verb } = info
  if (!knownVerbs.has(verb) || http.method === 'HEAD') throw notServed(exchange, context)
  if (verb === 'watch' && http.method !== 'GET') throw methodNotAllowed()
  if (info.rest) throw resourceNotFound()
  const request = requestOf(exchange)
  context.verbs.check(request)
  const patchType = verb === 'patch' ? patchTypeOf(exchange, context) : undefined
  const offer = offerFor(exchange, context)
  checkRouted(http.headers.accept, offer)
  const { deprecationWarning } = context.rests.find(info.group, info.version, info.resource)?.kind ?? {}
  if (deprecationWarning) exchange.warnings.push(deprecationWarning)
  const form: AcceptedForm = negotiate(http.headers.accept, offer)
  if (verb === 'list' || verb === 'watch' || verb === 'deletecollection') request.list = listOptionsOf(query)
  const revision = verb === 'get' && query?.get('resourceVersion')
  if (revision) request.list = { resourceVersion: revision }
  if (verb === 'delete' || verb === 'deletecollection') request.delete = await deleteOptions(exchange, context)
  if (verb === 'create' || verb === 'update' || verb === 'patch') {
    request.write = writeOptionsOf(query, optionsKindOf[verb], patchType)
    await (verb === 'patch' ? readPatch : readObject)(request, exchange, context)
  }
  if (verb === 'watch') return serveWatch(exchange, request, { ...context, form })
  const outcome = await context.verbs.handle(request)
  if (exchange.audit) await auditAnswer(exchange.audit, outcome, { exchange, form, context })
  await sendOutcome(exchange, outcome, form, context)
}

async function serveWatch(
  exchange: Exchange,
  request: VerbRequest,
  context: ResourceContext & { form: AcceptedForm },
): Promise<void> {
  const end = newRequestEnd(exchange.response, context.stopping)
  request.signal = end.signal
  request.list = { ...request.list, timeoutSeconds: request.list?.timeoutSeconds || context.watchSeconds() }
  try {
    await sendOutcome(exchange, await context.verbs.handle(request), context.form, context)
  } finally {
    end.release()
  }
}
