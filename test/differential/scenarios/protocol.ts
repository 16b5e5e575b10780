/** Requests that are odd as HTTP: paths, methods, content types, bodies. */
import type { Chooser } from '../random.js'
import type { Body } from '../sequence.js'
import { accepts } from './options.js'
import { createObject, itemPath, request, type Scenario, type Stage, validObject } from './stage.js'

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE', 'FOO', 'get']
const types = [
  'application/json',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
  'application/cbor',
  'application/json; charset=utf-8',
  'application/json;charset=latin1',
  'text/plain',
  'application/x-www-form-urlencoded',
  'nonsense',
  '*/*',
]
const bodies: readonly Body[] = [
  { text: '' },
  { text: '{' },
  { text: 'null' },
  { text: '[]' },
  { text: '"text"' },
  { text: '5' },
  { text: '{}' },
  { text: '{"kind":"Pod"}' },
  { text: '{"apiVersion":"v1"}' },
  { text: '{"kind":"List","apiVersion":"v1","items":[]}' },
  { text: 'a: b' },
  { text: '{"metadata":{"name":"x"},}' },
  { text: '{"metadata":{"name":"x"}} trailing' },
  { text: '{"metadata":{"name":"\\ud800"}}' },
  { text: '{"metadata":{"labels":{"a":tru}}}' },
  { text: "{'metadata':{}}" },
  { text: '{"metadata":{"generation":1e400}}' },
  { text: '{"Metadata":{"Name":"x"}}' },
  { text: `${'{"a":'.repeat(200)}1${'}'.repeat(200)}` },
  { base64: 'azhzAAoA' },
  { base64: 'azhzAA==' },
  { base64: '/////w==' },
  { base64: '2dn3oA==' },
]

function oddPath(stage: Stage, random: Chooser): string {
  const { collection } = stage
  // What others make beside this sequence is not to be seen.
  const own = `?labelSelector=run%3D${stage.namespace}`
  return random.pick([
    `${collection}/${own}`,
    `${collection}/a/b`,
    `${collection}/a/status/c`,
    `${collection}/a/unknown`,
    `${collection}/..`,
    `${collection}/%2e%2e`,
    `${collection}/a%2Fb`,
    `${collection}/%zz`,
    `${collection}//a`,
    collection.replace(/[^/]+$/, 'nothings'),
    collection.replace('/v1', '/v9'),
    `${collection.replace('namespaces/', 'namespaces//')}${own}`,
    `${collection.replace(/\/namespaces\/[^/]+/, '')}${own}`,
    `${collection.replace(/\/namespaces\/[^/]+/, '/namespaces/Bad_Name')}${own}`,
    `${collection.replace(/\/namespaces\/[^/]+/, '/namespaces/missing-namespace')}${own}`,
    collection.replace('/api', '/Api'),
    `${collection}?=&&a&labelSelector=run%3D${stage.namespace}`,
    `${collection}${own}&a=%zz`,
    `${collection}?watch=x&timeoutSeconds=1&labelSelector=run%3D${stage.namespace}`,
    `/watch${collection}`,
    collection.replace('/v1/', '/v1/watch/'),
    `${collection}${own}#fragment`,
  ])
}

export const protocol: Scenario = {
  name: 'protocol',
  weight: 1.5,
  suits: template => !template.virtual,
  play(stage) {
    const { random, collection } = stage
    createObject(stage, 0)
    for (let i = 0; i < 4; i++) {
      const method = random.pick(methods)
      const path = random.chance(0.5)
        ? `${collection}?labelSelector=run%3D${stage.namespace}`
        : itemPath(stage, 0, random.pick(['', '/status', '/scale', '/x']))
      // Neither all nor one is to go by chance.
      if (method === 'DELETE') continue
      const body = ['POST', 'PUT', 'PATCH'].includes(method) ? { body: { json: { kind: 'Odd' } } } : {}
      request(stage, 'method', path, { method, note: method, ...body })
    }
    for (let i = 0; i < 5; i++) {
      const method = random.pick(['POST', 'POST', 'PUT'])
      const type = random.chance(0.5) ? 'application/json' : random.pick(types)
      const body = random.pick(bodies)
      const path = `${method === 'PUT' ? itemPath(stage, 0) : collection}?dryRun=All`
      request(stage, method === 'PUT' ? 'update' : 'create', path, {
        note: `body as ${type}`,
        body,
        headers: { 'content-type': type },
      })
    }
    const yaml = { text: `# comment\n${JSON.stringify(validObject(stage, 1))}\n` }
    const headers = { 'content-type': 'application/yaml', accept: random.pick(accepts) }
    request(stage, 'create', `${collection}?dryRun=All`, { note: `yaml, ${headers.accept}`, body: yaml, headers })
    for (let i = 0; i < 4; i++) request(stage, 'path', oddPath(stage, random), { note: 'path' })
  },
}
