/** The operations of the OpenAPI documents, in a form that v2 and v3 are both written from. */
import type { ClientOperation } from '../client-operations.js'
import type { Shape } from '../definitions.js'
import { type GroupVersion, groupVersionOfPath, metaPackage, type TypeName } from '../naming.js'

export interface Parameter {
  name: string
  in: 'path' | 'query'
  doc: string
  required: boolean
  type: string
}

export interface GroupVersionKind extends GroupVersion {
  kind: string
}

export interface Operation {
  path: string
  /** Lower case. */
  verb: string
  id: string
  tag: string
  doc: string
  /** `x-kubernetes-action`. */
  action?: string
  gvk?: GroupVersionKind
  parameters: Parameter[]
  /** Full name of the body's definition. */
  body?: { ref: string; required: boolean }
  consumes: string[]
  produces: string[]
  /** By status code; undefined where the answer has no schema. */
  responses: Record<string, Shape | undefined>
}

const protobuf = 'application/vnd.kubernetes.protobuf'
const standardTypes = ['application/json', 'application/yaml', protobuf]
const watchTypes = [...standardTypes, 'application/json;stream=watch', `${protobuf};stream=watch`]

const actions: Record<string, string> = {
  create: 'post',
  read: 'get',
  replace: 'put',
  patch: 'patch',
  delete: 'delete',
  list: 'list',
  connect: 'connect',
}

/** `AppsV1` → `appsV1`, `WellKnown` and other non-resource classes by their own rule. */
const lowerFirst = (text: string) => text.replace(/^[A-Z]+(?=[A-Z][a-z])|^[A-Z]/, head => head.toLowerCase())

export interface OperationSources {
  operations: readonly ClientOperation[]
  names: ReadonlyMap<string, TypeName>
  /** Kinds of `connect` operations by subresource. */
  connect: Readonly<Record<string, string>>
}

/** `{ exec: 'PodExecOptions' }`, and proxies are `<Resource>ProxyOptions`. */
function connectKind(path: string, connect: OperationSources['connect']): string {
  const subresource = /\{name\}\/(\w+)/.exec(path)?.[1] ?? ''
  const resource = /(\w+)s\/\{name\}/.exec(path)?.[1] ?? ''
  return connect[subresource] ?? `${resource[0]!.toUpperCase()}${resource.slice(1)}ProxyOptions`
}

/** The kind an operation is about: of its body, of what it answers, or of a sibling on the same path. */
function kindOf(operation: ClientOperation, sources: OperationSources): GroupVersionKind | undefined {
  const groupVersion = groupVersionOfPath(operation.path) ?? { group: '', version: '' }
  if (operation.method.startsWith('connect'))
    return { ...groupVersion, kind: connectKind(operation.path, sources.connect) }
  const bodyType = operation.body?.type ?? ''
  const type =
    bodyType && !['any', 'V1DeleteOptions'].includes(bodyType) ? bodyType : (operation.responses['200'] ?? '')
  const name = sources.names.get(type)
  if (!name || name.full.startsWith(metaPackage)) {
    const all = sources.operations
    const sibling =
      all.find(
        other => other.path === operation.path && other !== operation && !/^(delete|connect)/.test(other.method),
      ) ?? all.find(other => operation.path.startsWith(`${other.path}/`) && other.method.startsWith('read'))
    return sibling && kindOf(sibling, sources)
  }
  const kind = operation.method.startsWith('list') ? name.kind.replace(/List$/, '') : name.kind
  return { group: name.group, kind, version: name.version }
}

function tagOf({ api, path }: ClientOperation): string {
  if (api === 'Version') return 'version'
  if (api === 'WellKnown') return api
  const groupVersion = groupVersionOfPath(path)
  return groupVersion
    ? `${lowerFirst(api.replace(/V\d.*$/, '').replace(/^./, head => head.toLowerCase()))}_${groupVersion.version}`
    : lowerFirst(api)
}

function idOf({ api, method }: ClientOperation): string {
  if (api === 'Version') return 'getCodeVersion'
  const [, verb, rest] = /^([a-z]+)(.*)$/.exec(method)!
  return `${verb}${api.replace(/^(Apis|WellKnown|Openid)$/, '')}${rest}`
}

function mediaTypes(operation: ClientOperation, isDiscovery: boolean): { consumes: string[]; produces: string[] } {
  const { api, method, path } = operation
  const produces = () => {
    if (method.startsWith('connect')) return ['*/*']
    if (path.endsWith('/log')) return ['text/plain', ...standardTypes]
    if (api === 'Version' || api === 'WellKnown') return ['application/json']
    if (api === 'Openid') return ['application/jwk-set+json']
    return method.startsWith('list') ? watchTypes : standardTypes
  }
  const consumes = () => {
    if (method.startsWith('patch')) return operation.consumes.filter(type => !type.endsWith('cbor'))
    if (!isDiscovery) return ['*/*']
    if (api === 'Version') return ['application/json']
    return api === 'WellKnown' || api === 'Openid' ? [] : standardTypes
  }
  return { consumes: consumes(), produces: produces() }
}

function parametersOf(operation: ClientOperation): Parameter[] {
  const ofPath = operation.pathParameters.map(name => {
    const doc = operation.parameterDocs.get(name) ?? ''
    return { name, in: 'path' as const, doc, required: true, type: 'string' }
  })
  const ofQuery = operation.query.map(({ name, doc, required, type }) => {
    return { name, in: 'query' as const, doc, required, type: type === 'number' ? 'integer' : type }
  })
  return [...ofPath, ...ofQuery]
}

function translate(operation: ClientOperation, sources: OperationSources): Operation {
  const isDiscovery = !groupVersionOfPath(operation.path) || operation.method === 'getAPIResources'
  const verb = /^[a-z]+/.exec(operation.method)![0]
  const action = operation.method.startsWith('deleteCollection') ? 'deletecollection' : actions[verb]
  const refOf = (type: string) => (type === 'any' ? `${metaPackage}Patch` : sources.names.get(type)!.full)
  const shapeOf = (code: string, type: string): Shape | undefined =>
    code === '401' || !type ? undefined : type === 'string' ? { type: 'string' } : { ref: refOf(type) }
  return {
    path: operation.path,
    verb: operation.httpMethod.toLowerCase(),
    id: idOf(operation),
    tag: tagOf(operation),
    doc: operation.doc,
    ...(!isDiscovery && action && { action, gvk: kindOf(operation, sources) }),
    parameters: parametersOf(operation),
    ...(operation.body && { body: { ref: refOf(operation.body.type), required: operation.body.required } }),
    ...mediaTypes(operation, isDiscovery),
    responses: Object.fromEntries(
      Object.entries(operation.responses).map(([code, type]) => [code, shapeOf(code, type)]),
    ),
  }
}

/** The deprecated `/watch/` twin of a list, or of a get beside a list: the library leaves those out. */
function watchTwin(operation: Operation, operations: readonly Operation[]): Operation | undefined {
  if (!groupVersionOfPath(operation.path) || operation.path.includes('componentstatuses')) return undefined
  const isList = operation.action === 'list'
  const list = isList
    ? operation
    : operations.find(other => other.action === 'list' && `${other.path}/{name}` === operation.path)
  if (!list || (!isList && operation.action !== 'get')) return undefined
  const { id } = operation
  return {
    ...operation,
    path: operation.path.replace(/^(\/api\/v1|\/apis\/[^/]+\/[^/]+)\//, '$1/watch/'),
    id: isList ? id.replace(/^list/, 'watch').replace(/(ForAllNamespaces)?$/, 'List$1') : id.replace(/^read/, 'watch'),
    doc: isList
      ? `watch individual changes to a list of ${operation.gvk!.kind}. deprecated: use the 'watch' parameter with a list operation instead.`
      : `watch changes to an object of kind ${operation.gvk!.kind}. deprecated: use the 'watch' parameter with a list operation instead, filtered to a single item with the 'fieldSelector' parameter.`,
    action: isList ? 'watchlist' : 'watch',
    parameters: [
      ...operation.parameters.filter(parameter => parameter.in === 'path'),
      ...list.parameters.filter(parameter => parameter.in === 'query'),
    ],
    produces: list.produces,
    responses: { 200: { ref: `${metaPackage}WatchEvent` }, 401: undefined },
  }
}

/** All operations by path, watches included, sorted. */
export function buildOperations(sources: OperationSources): Operation[] {
  const operations = sources.operations.map(operation => translate(operation, sources))
  const watches = operations.map(operation => watchTwin(operation, operations)).filter(twin => twin !== undefined)
  return [...operations, ...watches].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
}

export interface PathItem {
  path: string
  /** Parameters that all operations of the path share, sorted. */
  shared: Parameter[]
  operations: (Operation & { own: Parameter[] })[]
}

const byName = (a: Parameter, b: Parameter) =>
  a.name < b.name ? -1 : a.name > b.name ? 1 : a.in < b.in ? -1 : a.in > b.in ? 1 : 0

const isSame = (a: Parameter) => (b: Parameter) =>
  a.name === b.name && a.in === b.in && a.type === b.type && a.doc === b.doc && a.required === b.required

function groupByPath(operations: readonly Operation[]): Map<string, Operation[]> {
  const groups = new Map<string, Operation[]>()
  for (const operation of operations) groups.set(operation.path, [...(groups.get(operation.path) ?? []), operation])
  return groups
}

/** Groups operations by path, and moves out the parameters that all of them have. */
export function pathItems(operations: readonly Operation[]): PathItem[] {
  return [...groupByPath(operations)].map(([path, group]) => {
    const shared = group[0]!.parameters.filter(p => group.every(operation => operation.parameters.some(isSame(p))))
    const own = ({ parameters }: Operation) => parameters.filter(p => !shared.some(isSame(p))).sort(byName)
    return {
      path,
      shared: shared.sort(byName),
      operations: group.map(operation => ({ ...operation, own: own(operation) })),
    }
  })
}

/** Texts of the status codes that occur. */
export const statusTexts: Record<string, string> = { 200: 'OK', 201: 'Created', 202: 'Accepted', 401: 'Unauthorized' }

export const securityScheme = {
  BearerToken: { description: 'Bearer Token authentication', type: 'apiKey', name: 'authorization', in: 'header' },
}
