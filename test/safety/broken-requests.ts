/** Makes requests that are broken in one of the ways that a server meets: at the level of the API, of HTTP, or of its bodies. */
import { brokenJson, brokenProtobuf, brokenYaml, damage, samplePod } from './broken-values.js'
import type { Chance } from './random.js'

export interface BrokenRequest {
  method: string
  path: string
  headers: Record<string, string>
  body?: Buffer
  /** How the body's length is announced; default rightly. */
  framing?: 'short' | 'long' | 'bad-length' | 'two-lengths' | 'bad-chunks' | 'both' | 'no-end'
}

const pods = '/api/v1/namespaces/default/pods'
const maps = '/api/v1/namespaces/default/configmaps'

/** What takes a body, and the kind it takes. */
const targets: readonly { method: string; path: string; object: () => object }[] = [
  { method: 'POST', path: pods, object: samplePod },
  {
    method: 'POST',
    path: maps,
    object: () => ({ metadata: { name: 'm' }, data: { a: 'b' }, binaryData: { c: 'ZA==' } }),
  },
  { method: 'PUT', path: `${maps}/kept`, object: () => ({ metadata: { name: 'kept' }, data: { a: 'b' } }) },
  { method: 'DELETE', path: `${maps}/none`, object: () => ({ gracePeriodSeconds: 1, preconditions: { uid: 'x' } }) },
  {
    method: 'POST',
    path: '/apis/apps/v1/namespaces/default/deployments',
    object: () => ({
      metadata: { name: 'd' },
      spec: {
        replicas: 0,
        selector: { matchLabels: { a: 'b' } },
        template: { metadata: { labels: { a: 'b' } }, spec: samplePod().spec },
      },
    }),
  },
  {
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    object: () => ({ spec: { resourceAttributes: { verb: 'get', resource: 'pods' } } }),
  },
  {
    method: 'POST',
    path: '/api/v1/namespaces/default/serviceaccounts/default/token',
    object: () => ({ spec: { audiences: ['x'], expirationSeconds: 600 } }),
  },
  { method: 'POST', path: `${pods}/none/eviction`, object: () => ({ metadata: { name: 'none' }, deleteOptions: {} }) },
  { method: 'POST', path: `${pods}/none/binding`, object: () => ({ target: { name: 'n' } }) },
  {
    method: 'POST',
    path: '/apis/rbac.authorization.k8s.io/v1/clusterroles',
    object: () => ({
      metadata: { generateName: 'r-' },
      rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }],
    }),
  },
]

const bodies: readonly ((chance: Chance, object: object) => { type: string; body: Buffer })[] = [
  (chance, object) => ({ type: 'application/json', body: brokenJson(chance, object) }),
  (chance, object) => ({ type: 'application/json', body: brokenJson(chance, object) }),
  (chance, object) => ({ type: 'application/yaml', body: brokenJson(chance, object) }),
  chance => ({ type: 'application/yaml', body: brokenYaml(chance) }),
  chance => ({ type: 'application/vnd.kubernetes.protobuf', body: brokenProtobuf(chance) }),
  (chance, object) => ({
    type: chance.pick([
      '',
      'text/plain',
      'application/jso',
      ';;',
      'a/b/c',
      'application/json; charset=utf-16',
      '\t',
      '*/*',
    ]),
    body: brokenJson(chance, object),
  }),
]

function brokenBody(chance: Chance): BrokenRequest {
  const { method, path, object } = chance.pick(targets)
  const { type, body } = chance.pick(bodies)(chance, object())
  const query = chance.pick([
    '',
    '?fieldValidation=Strict',
    '?fieldValidation=Ignore',
    '?dryRun=All',
    '?fieldValidation=x',
  ])
  const headers: Record<string, string> = { 'content-type': type }
  if (chance.oneIn(10)) headers['content-encoding'] = chance.pick(['gzip', 'deflate', 'br', 'x'])
  return { method, path: path + query, headers, body }
}

const operations = ['add', 'remove', 'replace', 'move', 'copy', 'test', 'bogus', 7, null]
const pointers = [
  '',
  '/',
  '/metadata',
  '/data/a',
  '/data/-',
  '/data/~',
  '/data/~2',
  'data',
  '/__proto__/x',
  '/a/b/c/d',
  '/metadata/labels',
  7,
]
const directives = [
  '$patch',
  '$retainKeys',
  '$setElementOrder/data',
  '$deleteFromPrimitiveList/finalizers',
  '$setElementOrder',
  '$bogus',
]

function brokenPatch(chance: Chance): BrokenRequest {
  const type = chance.pick([
    'json-patch+json',
    'merge-patch+json',
    'strategic-merge-patch+json',
    'apply-patch+yaml',
    'bogus-patch+json',
  ])
  const one = () => ({
    op: chance.pick(operations),
    path: chance.pick(pointers),
    from: chance.pick(pointers),
    value: {},
  })
  const made: readonly (() => Buffer)[] = [
    () => brokenJson(chance, { metadata: { labels: { a: 'b' }, finalizers: ['x.y/z'] }, data: { a: 'b' } }),
    () => Buffer.from(JSON.stringify(Array.from({ length: chance.pick([1, 3, 10_001]) }, one))),
    () =>
      Buffer.from(
        JSON.stringify([
          { op: 'add', path: '/data/m', value: { x: 'y'.repeat(1000) } },
          ...Array.from({ length: chance.pick([5, 40]) }, (_, i) => ({
            op: 'copy',
            from: '/data',
            path: `/data/k${i}`,
          })),
        ]),
      ),
    () => {
      const value = chance.pick<unknown>(['delete', 'replace', 'bogus', 7, null, [], {}, ['x'], [{}], [null]])
      return Buffer.from(
        JSON.stringify({ metadata: { [chance.pick(directives)]: value }, data: { [chance.pick(directives)]: value } }),
      )
    },
    () => brokenYaml(chance),
  ]
  const query = chance.pick([
    '',
    '?fieldManager=x',
    '?fieldManager=x&force=true',
    '?force=x',
    '?fieldValidation=Strict&fieldManager=x',
  ])
  const path = chance.pick([
    `${maps}/kept`,
    `${maps}/none`,
    '/api/v1/namespaces/default',
    '/api/v1/namespaces/default/status',
  ])
  return {
    method: 'PATCH',
    path: path + query,
    headers: { 'content-type': `application/${type}` },
    body: chance.pick(made)(),
  }
}

const oddQueries: readonly ((chance: Chance) => string)[] = [
  () => 'limit=x',
  () => 'limit=-99999999999999999999',
  () => 'limit=1&continue=x',
  chance => `continue=${chance.bytes(20).toString('base64url')}`,
  chance =>
    `continue=${Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: chance.pick([-1, 1, 'x', {}]), start: chance.pick(['../x', '\0', 7, 'a']) })).toString('base64url')}`,
  () => 'resourceVersion=x',
  () => 'resourceVersion=-1',
  () => `resourceVersion=${'9'.repeat(100_000).slice(0, 9000)}`,
  () => 'resourceVersionMatch=Exact',
  () => 'resourceVersionMatch=%00',
  () => 'watch=1&timeoutSeconds=x',
  () => 'watch=1&timeoutSeconds=1&resourceVersion=x',
  () => 'watch=1&timeoutSeconds=1&sendInitialEvents=x',
  () => 'timeoutSeconds=1e9',
  () => 'timeout=x',
  () => 'labelSelector=%',
  () => 'labelSelector=%zz',
  () => 'labelSelector=%ff%fe',
  () => 'labelSelector=a%20in%20(',
  chance => `labelSelector=${new Array(chance.pick([10, 1500])).fill('a').join(',')}`,
  chance => `labelSelector=a%20in%20(${new Array(chance.pick([10, 1500])).fill('b').join(',')})`,
  chance => `labelSelector=${'('.repeat(chance.pick([10, 5000]))}`,
  chance => `labelSelector=${'a!'.repeat(chance.pick([10, 2500]))}`,
  () => 'fieldSelector=metadata.name',
  () => 'fieldSelector=%5C',
  () => 'fieldSelector=a%3Db%5C',
  chance => `fieldSelector=${new Array(chance.pick([10, 500])).fill('metadata.name%3Da').join(',')}`,
  chance => `${new Array(chance.pick([10, 2000])).fill('a=b').join('&')}`,
  () => '&&&===',
  () => '%',
  () => 'a[b]=c&a[__proto__]=d',
  () => '__proto__=x&constructor=y',
  () => 'pretty=%ff',
  () => 'includeObject=x',
  () => 'gracePeriodSeconds=x',
  () => 'propagationPolicy=x',
  () => 'dryRun=x&dryRun=y',
]

const paths = [
  maps,
  `${maps}/kept`,
  pods,
  '/api/v1/nodes',
  '/apis',
  '/api/v1',
  '/openapi/v2',
  '/openapi/v3/api/v1',
  '/version',
  '/healthz',
  '/metrics',
  '/logs',
  '/',
]

function brokenQuery(chance: Chance): BrokenRequest {
  const queries = Array.from({ length: 1 + chance.below(3) }, () => chance.pick(oddQueries)(chance))
  const method = chance.pick(['GET', 'GET', 'GET', 'DELETE', 'POST', 'PUT', 'HEAD', 'OPTIONS'])
  const path = chance.pick(method === 'DELETE' ? [`${maps}/none`, '/api/v1/namespaces/none/configmaps'] : paths)
  return {
    method,
    path: `${path}?${queries.join('&')}`,
    headers: { accept: chance.pick(['*/*', 'application/json;as=Table;g=meta.k8s.io;v=v1']) },
  }
}

const oddPaths: readonly ((chance: Chance) => string)[] = [
  () => '/api/v1/namespaces/../../..',
  () => '/api/v1/namespaces/%2e%2e/pods',
  () => '/api/v1/namespaces/%2f/pods',
  () => '/api//v1///pods',
  () => '/api/v1/namespaces/default/pods/%00',
  () => '/api/v1/namespaces/default/pods/%',
  () => '/api/v1/namespaces/default/pods/%zz',
  () => '/api/v1/namespaces/default/pods/%ff%fe',
  () => '/api/v1/namespaces/default/pods/__proto__',
  () => '/api/v1/namespaces/__proto__/constructor/toString',
  () => '/apis/__proto__/v1/x',
  () => '/apis/constructor',
  () => '/api/v1/__proto__',
  () => '/openapi/v3/__proto__',
  () => '/openapi/v3/..%2f..%2fetc%2fpasswd',
  () => '/healthz/__proto__',
  () => '/api/v1/namespaces/default/pods/a/b/c/d/e',
  () => '/api/v1/watch',
  () => '/api/v1/watch/x/y/z',
  () => '/api/v2/pods',
  () => '/apis/apps/v9/deployments',
  () => '/apis/apps',
  () => '/apis///',
  () => '/api/v1/namespaces/default/pods/x/log?tailLines=x',
  () => '/api/v1/namespaces/default/pods/x/exec?command=%00',
  () => '/api/v1/namespaces/default/pods/x/portforward?ports=x',
  () => '/api/v1/namespaces/default/pods/x/attach',
  chance => `/${'x'.repeat(chance.pick([100, 12_000]))}`,
  chance => `/api/v1/${'a/'.repeat(chance.pick([10, 4000]))}`,
  chance => `/api/v1/namespaces/${'%41'.repeat(chance.pick([10, 2000]))}/pods`,
  chance => `/${[...chance.bytes(30)].map(byte => `%${byte.toString(16).padStart(2, '0')}`).join('')}`,
]

const methods = [
  'GET',
  'GET',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'HEAD',
  'OPTIONS',
  'TRACE',
  'PROPFIND',
  'PURGE',
  'M-SEARCH',
]

const brokenPath = (chance: Chance): BrokenRequest => ({
  method: chance.pick(methods),
  path: chance.pick(oddPaths)(chance),
  headers: {},
})

const oddHeaders: readonly ((chance: Chance) => Record<string, string>)[] = [
  () => ({ accept: ';;;,,,' }),
  () => ({ accept: 'application/json;as=Table;v=v9;g=x,*' }),
  () => ({ accept: `application/json;q=${'9'.repeat(300)}` }),
  chance => ({ accept: new Array(chance.pick([10, 800])).fill('a/b').join(',') }),
  () => ({ accept: 'application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1' }),
  () => ({ 'accept-encoding': 'gzip;q=x, *;q=0, ;;' }),
  () => ({ 'impersonate-user': '' }),
  () => ({ 'impersonate-group': 'x' }),
  () => ({ 'impersonate-user': 'a', 'impersonate-uid': '\x80' }),
  () => ({ 'impersonate-extra-%': 'x', 'impersonate-user': 'a' }),
  () => ({ 'if-none-match': '"' }),
  () => ({ 'if-modified-since': 'x' }),
  () => ({ range: 'bytes=9-1' }),
  () => ({ expect: 'nonsense' }),
  () => ({ host: '' }),
  () => ({ connection: 'upgrade', upgrade: 'websocket' }),
  () => ({ connection: 'upgrade', upgrade: 'websocket', 'sec-websocket-key': 'x', 'sec-websocket-version': '99' }),
  () => ({ connection: 'upgrade', upgrade: 'SPDY/3.1', 'x-stream-protocol-version': ',,' }),
  () => ({ connection: 'upgrade', upgrade: 'h2c' }),
  () => ({ 'user-agent': '' }),
  () => ({ 'audit-id': 'x'.repeat(500) }),
  chance => ({ 'x-many': 'y'.repeat(chance.pick([1000, 7000, 30_000])) }),
  chance => Object.fromEntries(Array.from({ length: chance.pick([10, 900]) }, (_, i) => [`x-${i}`, 'y'])),
]

function brokenHeaders(chance: Chance): BrokenRequest {
  const path = chance.pick([...paths, `${pods}/none/exec?command=ls&stdout=1`, `${maps}?watch=1&timeoutSeconds=1`])
  return { method: 'GET', path, headers: { ...chance.pick(oddHeaders)(chance), ...chance.pick(oddHeaders)(chance) } }
}

const framings = ['short', 'long', 'bad-length', 'two-lengths', 'bad-chunks', 'both', 'no-end'] as const

function brokenFraming(chance: Chance): BrokenRequest {
  const body = damage(chance, Buffer.from(JSON.stringify({ metadata: { name: 'f' } })))
  return {
    method: 'POST',
    path: maps,
    headers: { 'content-type': 'application/json' },
    body,
    framing: chance.pick(framings),
  }
}

const ways = [
  brokenBody,
  brokenBody,
  brokenBody,
  brokenPatch,
  brokenPatch,
  brokenQuery,
  brokenQuery,
  brokenPath,
  brokenHeaders,
  brokenFraming,
]

/** The way in which it is broken, and the request. */
export function brokenRequest(chance: Chance): { way: string; request: BrokenRequest } {
  const way = chance.pick(ways)
  return { way: way.name, request: way(chance) }
}
