/** Takes a request that is already allowed to the verb that answers it. Free of HTTP. */

import type { TokenRequest } from '../../apis/generated/authentication-v1.js'
import type { Clock } from '../../machinery/clock.js'
import { formatTime } from '../../machinery/clock.js'
import { type AnyKind, defineKind } from '../../machinery/kind.js'
import { invalidObject, notFound, StatusError } from '../../machinery/status-error.js'
import type { TokenAuthenticator } from '../authn/token-authenticator.js'
import type { TokenIssuer } from '../authn/token-request.js'
import { resourceAttributes } from '../authz/attributes.js'
import { type Authorize, type DecisionObserver, requireAllowed } from '../authz/authorizer.js'
import type { RuleResolver } from '../authz/rule-resolver.js'
import type { RestDirectory } from '../deps.js'
import { nameOfFieldSelector } from '../request-info.js'
import { reviewAccess } from './access-reviews.js'
import { createBinding } from './binding.js'
import { admissionAttributes, type Call, ensureNamespace, type WriteContext } from './call.js'
import { decodeBody } from './decode-body.js'
import { createEviction } from './eviction.js'
import { trackWrite } from './field-manager.js'
import { reviewSelf, reviewToken } from './identity-reviews.js'
import type { Outcome, VerbRequest } from './outcome.js'
import { dropRepeatedOwners } from './owner-references.js'
import { patch, patchScale } from './patch.js'
import { get, list, watch } from './read.js'
import { remove, removeCollection } from './remove.js'
import { reviewRules } from './rules-review.js'
import { getScale, updateScale } from './scale.js'
import { findSubresource } from './subresources.js'
import { create, update, wipeSystemFields } from './write.js'

export interface VerbsDeps extends WriteContext {
  clock: Clock
  rests: RestDirectory
  virtualKinds: readonly AnyKind[]
  resolver: RuleResolver
  tokens: TokenAuthenticator
  issueToken: TokenIssuer
}

export interface Verbs {
  /** Throws StatusErrors only, save for defects. */
  handle(request: VerbRequest): Promise<Outcome>
  /** Throws 404 or 405 unless the path knows the verb: to be asked before a body is read. */
  check(request: VerbRequest): void
}

/** Upstream's answer to a path that leads nowhere. */
export const resourceNotFound = () =>
  new StatusError(404, 'NotFound', 'the server could not find the requested resource', {})

/** Upstream's answer to a method that a path does not know. */
export const methodNotAllowed = () =>
  new StatusError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {})

const tokenRequestType = defineKind<TokenRequest>({
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenRequest',
  scope: 'Namespaced',
  names: { plural: 'tokenrequests' },
  setDefaults({ spec }) {
    spec.expirationSeconds ??= 3600
  },
})

/** Verbs of one object and those of a collection. */
const namedVerbs: ReadonlySet<string> = new Set(['get', 'update', 'patch', 'delete'])

/** The path must have a namespace exactly where the kind wants one; only reading may span all of them. */
function checkScope({ request, kind }: Call): void {
  const { verb, namespace, name } = request
  if (namedVerbs.has(verb) && !name) throw methodNotAllowed()
  if (verb === 'create' && name && !request.subresource) throw methodNotAllowed()
  if (kind.scope === 'Cluster') {
    if (namespace && kind.names.plural !== 'namespaces') throw resourceNotFound()
    return
  }
  if (namespace) return
  if (name && verb !== 'list' && verb !== 'watch') throw resourceNotFound()
  if (verb !== 'list' && verb !== 'watch') throw methodNotAllowed()
}

export function newVerbs(deps: VerbsDeps): Verbs {
  const virtual = new Map(
    deps.virtualKinds.map(kind => [`${kind.group}/${kind.version}/${kind.names.plural}`, kind] as const),
  )

  const onObject = async (call: Call): Promise<Outcome> => {
    switch (call.request.verb) {
      case 'get':
        return get(call)
      case 'list':
        return list(call)
      case 'watch':
        return watch(call)
      case 'create':
        return create(call, deps)
      case 'update':
        return update(call, deps)
      case 'patch':
        return patch(call, deps)
      case 'delete':
        return remove(call, deps)
      case 'deletecollection':
        return removeCollection(call, deps)
      default:
        throw methodNotAllowed()
    }
  }

  const onView = (call: Call): Promise<Outcome> => {
    if (call.request.verb === 'get') return get(call)
    return call.request.verb === 'update' ? update(call, deps) : patch(call, deps)
  }

  const onScale = (call: Call): Promise<Outcome> => {
    if (call.request.verb === 'get') return getScale(call)
    return call.request.verb === 'update' ? updateScale(call, deps) : patchScale(call, deps)
  }

  const createToken = async ({ request, kind, rest }: Call): Promise<Outcome> => {
    const { namespace = '', name = '' } = request
    const object = decodeBody(deps.schemas, tokenRequestType, request)
    ensureNamespace(object, namespace)
    trackWrite(deps, { kind: tokenRequestType, request, live: undefined, object, document: request.body })
    const attributes = { ...admissionAttributes({ request, kind, rest }, 'CREATE'), object }
    await deps.admission.mutate(attributes)
    await deps.admission.validate(attributes)
    const answer = await deps.issueToken({ namespace, name }, object)
    return { type: 'computed', code: 201, object: answer, schema: tokenRequestType.schema }
  }

  const onSubresource = async (call: Call): Promise<Outcome> => {
    const { subresource = '' } = call.request
    if (subresource === 'scale') return onScale(call)
    if (subresource === 'token') return createToken(call)
    if (subresource === 'binding') return createBinding(call, { ...deps, now: deps.clock.now() })
    if (subresource === 'eviction') return createEviction(call, { ...deps, time: formatTime(deps.clock.now()) })
    return onView(call)
  }

  const review = async (kind: AnyKind, request: VerbRequest) => {
    const object = decodeBody(deps.schemas, kind, request)
    wipeSystemFields(object)
    ensureNamespace(object, kind.scope === 'Namespaced' ? request.namespace : undefined)
    dropRepeatedOwners(object, 'sent', request.warn)
    trackWrite(deps, { kind, request, live: undefined, object, document: request.body })
    const errors = [...(kind.validate?.(object, { now: deps.clock.now(), subresource: '', dryRun: false }) ?? [])]
    // Upstream names no kind in these errors.
    if (errors.length) throw invalidObject({ group: kind.group, kind: '' }, '', errors)
    switch (kind.names.plural) {
      case 'subjectaccessreviews':
      case 'localsubjectaccessreviews':
      case 'selfsubjectaccessreviews':
        return reviewAccess(kind.names.plural, object, { request, authorize: deps.authorize })
      case 'selfsubjectrulesreviews':
        return reviewRules(object, request, deps.resolver)
      case 'tokenreviews':
        return reviewToken(object, deps.tokens, request.warn)
      case 'selfsubjectreviews':
        return reviewSelf(object, request.user, deps.clock.now())
      default:
        throw resourceNotFound()
    }
  }

  const onVirtual = async (kind: AnyKind, request: VerbRequest): Promise<Outcome> => {
    const pods = deps.rests.find('', 'v1', 'pods')
    if (kind.kind === 'Binding' && pods)
      return createBinding({ request, rest: pods, kind: pods.kind }, { ...deps, now: deps.clock.now() })
    return { type: 'computed', code: 201, object: await review(kind, request), schema: kind.schema }
  }

  const find = ({ group, version, resource }: VerbRequest) => {
    const rest = deps.rests.find(group, version, resource)
    const kind = rest?.kind ?? virtual.get(`${group}/${version}/${resource}`)
    if (!kind) throw resourceNotFound()
    return { rest, kind }
  }

  const check = (request: VerbRequest) => {
    const { rest, kind } = find(request)
    if (rest) checkStored({ request, rest, kind })
    else checkVirtual(kind, request)
  }

  return {
    check,
    async handle(request) {
      check(request)
      const { rest, kind } = find(request)
      if (!rest) return onVirtual(kind, request)
      return request.subresource ? onSubresource({ request, rest, kind }) : onObject({ request, rest, kind })
    },
  }
}

function checkStored(call: Call): void {
  const { verb, subresource } = call.request
  checkScope(call)
  if (!subresource) {
    // Where there is a list, its path takes watches too.
    if (!call.kind.verbs.includes(verb === 'watch' ? 'list' : verb)) throw methodNotAllowed()
    return
  }
  const info = findSubresource(call.kind, subresource)
  if (!info) throw call.kind.custom ? notFound(call.kind, call.request.name ?? '') : resourceNotFound()
  if (!info.verbs.includes(verb)) throw methodNotAllowed()
}

function checkVirtual(kind: AnyKind, { verb, name, namespace, subresource }: VerbRequest): void {
  if (subresource || name || (kind.scope === 'Namespaced') !== !!namespace) throw resourceNotFound()
  if (verb !== 'create') throw methodNotAllowed()
}

/** What an authorizer is asked about a request that did not come by HTTP. */
export const requireRequestAllowed = (authorize: Authorize, request: VerbRequest, observer?: DecisionObserver) => {
  const { user, verb, group, version, resource, subresource = '', namespace = '', name = '', list: options } = request
  const isNamespace = resource === 'namespaces' && group === ''
  return requireAllowed(
    authorize,
    resourceAttributes(user, {
      verb,
      group,
      version,
      resource,
      subresource,
      namespace: isNamespace ? name : namespace,
      // As for requests over HTTP: a list of the one object of that name asks for that object.
      name: name || nameOfFieldSelector(options?.fieldSelector ?? null),
      ...(options?.fieldSelector && { fieldSelector: options.fieldSelector }),
    }),
    observer,
  )
}
