/** Bodies: what is unknown, doubled, of a wrong type or no document at all, in JSON, YAML and protobuf. */
import type { Case, Step } from '../case.js'
import { secrets } from './secrets.js'

const templates = '/api/v1/namespaces/{{ns}}/podtemplates'
const deployments = '/apis/apps/v1/namespaces/{{ns}}/deployments'

const post = (path: string, body: object | string, more: Partial<Step> = {}): Step => ({
  method: 'POST',
  path: `${path}${path.includes('?') ? '&' : '?'}dryRun=All`,
  body,
  ...more,
})
const yaml = (path: string, body: string): Step => post(path, body, { type: 'application/yaml' })

/** A deployment with one text put into its spec. */
const deployment = (field: string) =>
  `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d"},"spec":{${field},"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}}`
/** A pod template with one text put into its pod's spec, and one into its container. */
const template = (ofSpec: string, ofContainer = '"tty":false') =>
  `{"apiVersion":"v1","kind":"PodTemplate","metadata":{"name":"t"},"template":{"metadata":{"labels":{"a":"b"}},"spec":{${ofSpec},"containers":[{"name":"c","image":"i",${ofContainer}}]}}}`

const texts = [
  '',
  ' ',
  'x',
  'null',
  '7',
  '"x"',
  'true',
  '[]',
  '[{}]',
  '{}',
  '{',
  '}',
  '{"a"',
  '{"a":',
  '{"a":1',
  '{"a":1,',
  '{"a":1,}',
  '{"a" 1}',
  '{a:1}',
  "{'a':1}",
  '{"a":01}',
  '{"a":+1}',
  '{"a":.5}',
  '{"a":1.}',
  '{"a":tru}',
  '{"a":nul}',
  '{"a":"x}',
  '{"a":"\\x"}',
  '{"a":"\\u12"}',
  '{"a":"\t"}',
  '{"a":1}}',
  '{"a":1} x',
  '{"a":1}{"b":2}',
  '// x\n{}',
  '\ufeff{}',
  '{"kind":7}',
  '{"kind":null}',
  '{"kind":"Secret","kind":"Pod"}',
  '{"kind":"Pod","apiVersion":"v1"}',
  '{"kind":"Secret","apiVersion":"v2"}',
  '{"kind":"Secret","apiVersion":"apps/v1"}',
  '{"kind":"Secret","apiVersion":"a/b/c"}',
  '{"kind":"Secret","apiVersion":"/v1"}',
  '{"kind":"Secret","apiVersion":""}',
  '{"kind":"Bogus","apiVersion":"bogus/v1"}',
  '{"kind":"SecretList","apiVersion":"v1","items":[]}',
  '{"kind":"Status","apiVersion":"v1"}',
  '{"apiVersion":["v1"]}',
  '{"metadata":7}',
  '{"metadata":[]}',
  '{"metadata":"x"}',
  '{"metadata":null}',
  '{"metadata":{"name":7}}',
  '{"metadata":{"name":null}}',
  '{"metadata":{"name":["x"]}}',
  '{"metadata":{"labels":[]}}',
  '{"metadata":{"labels":{"a":1}}}',
  '{"metadata":{"labels":{"a":null}}}',
  '{"metadata":{"labels":{"a":{}}}}',
  '{"metadata":{"creationTimestamp":"x"}}',
  '{"metadata":{"creationTimestamp":7}}',
  '{"metadata":{"generation":"7"}}',
  '{"metadata":{"ownerReferences":[7]}}',
  '{"metadata":{"managedFields":[{"fieldsV1":7}]}}',
  '{"metadata":{"name":"a"},"data":{"a":"%"}}',
  '{"metadata":{"name":"a"},"data":{"a":7}}',
  '{"metadata":{"name":"a"},"data":[]}',
  '{"metadata":{"name":"a"},"data":{"a":"YQ"}}',
  '{"metadata":{"name":"a"},"data":{"a":null}}',
  '{"metadata":{"name":"a"},"immutable":"x"}',
  '{"metadata":{"name":"a"},"immutable":1}',
  '{"metadata":{"name":"a"},"Data":{}}',
  '{"metadata":{"name":"a"},"__proto__":{"x":1}}',
  '{"metadata":{"name":"a","__proto__":{"x":1}},"constructor":1}',
  '{"metadata":{"name":"a"},"data":{"__proto__":"YQ=="}}',
]

const numbers = ['1', '1.0', '1e1', '1.5', '-1', '"1"', 'true', 'null', '[]', '{}', '2147483648', '-2147483649', '9007199254740993', '99999999999999999999', '1e999', '-0', '0']

const unknowns = [
  '{"metadata":{"name":"a","bogus":1},"bogus":{"x":1},"data":{"a":"YQ==","a":"Yg=="}}',
  '{"metadata":{"name":"a"},"metadata":{"name":"b"}}',
  '{"metadata":{"name":"a","labels":{"a":"1","a":"2"},"labels":{"b":"1"}}}',
  '{"kind":"Secret","kind":"Secret","apiVersion":"v1","metadata":{"name":"a"}}',
  '{"metadata":{"name":"a","ownerReferences":[{"apiVersion":"v1","kind":"K","name":"n","uid":"u","bogus":1,"uid":"v"}]}}',
  `{"metadata":{"name":"a"},${Array.from({ length: 120 }, (_, i) => `"bogus${i}":1`).join(',')}}`,
  `{"metadata":{"name":"a"},${Array.from({ length: 60 }, (_, i) => `"bogus${'x'.repeat(90)}${i}":1`).join(',')}}`,
  '{"metadata":{"name":"a"},"b\\u0000g":1,"\\"":2,"ü":3}',
]
const unknownYaml = [
  'metadata:\n  name: a\n  bogus: 1\nbogus: {x: 1}\ndata:\n  a: YQ==\n  a: Yg==\n',
  'metadata:\n  name: a\nmetadata:\n  name: b\n',
  'metadata: {name: a, name: b}\n',
]
const yamls = [
  '',
  ' ',
  '---',
  '--- \n...\n',
  'x',
  '7',
  '- a',
  '{',
  'a: b: c',
  'a:\n\t- b',
  'a: *x',
  'metadata: {name: a}\n---\nmetadata: {name: b}\n',
  'metadata: {name: a}\ndata: {a: yes}\n',
  'metadata: {name: yes}\n',
  'metadata: {name: 7}\n',
  'metadata: {name: 0x10}\n',
  'metadata: {name: 1.0}\n',
  'metadata: {name: 2001-01-01}\n',
  'metadata: {name: ~}\n',
  'metadata:\n  name: a\n  labels: {a: 1}\n',
  'metadata:\n  name: a\n  labels: {1: a}\n',
  'metadata:\n  name: a\n  labels: {true: a}\n',
  'kind: Secret\nkind: Secret\nmetadata: {name: a}\n',
  'kind: [a]\n',
  '%YAML 9\n---\na: b',
  '&a [*a]',
  '!!binary x',
  'metadata: !!map {name: a}\n',
  '<<: {metadata: {name: a}}\n',
  '{"metadata":{"name":"a"}}',
  '{"metadata":{"name":"a"},}',
]

const protobuf = 'application/vnd.kubernetes.protobuf'

export const bodies: Case[] = [
  { name: 'texts that are no secret', steps: texts.map(text => post(secrets, text)) },
  { name: 'numbers of 32 bits', steps: numbers.map(text => post(deployments, deployment(`"replicas":${text}`))) },
  {
    name: 'numbers of 64 bits',
    steps: numbers.map(text => post(templates, template(`"terminationGracePeriodSeconds":${text}`))),
  },
  {
    name: 'numbers or texts',
    steps: numbers.map(text => post(templates, template('"hostIPC":false', `"livenessProbe":{"httpGet":{"port":${text}}}`))),
  },
  {
    name: 'quantities',
    steps: [...numbers, '"1x"', '"0.0001"', '"1e3"', '" 1"', '"1Ki"', '""'].map(text =>
      post(templates, template('"hostIPC":false', `"resources":{"limits":{"memory":${text}}}`)),
    ),
  },
  {
    name: 'what stands where a list, an object, a text or a truth should',
    steps: ['null', '7', '"x"', '[]', '{}', '[null]', '[7]', '[{}]', 'true'].flatMap(text => [
      post(templates, template(`"volumes":${text}`)),
      post(templates, template(`"securityContext":${text}`)),
      post(templates, template(`"nodeName":${text}`)),
      post(templates, template(`"hostNetwork":${text}`)),
      post(templates, template(`"nodeSelector":${text}`)),
      post(templates, template('"hostIPC":false', `"command":${text}`)),
    ]),
  },
  {
    name: 'unknown and doubled fields',
    steps: ['Strict', 'Warn', 'Ignore', ''].flatMap(how => [
      ...unknowns.map(text => post(`${secrets}?fieldValidation=${how}`, text)),
      ...unknownYaml.map(text => yaml(`${secrets}?fieldValidation=${how}`, text)),
      post(`${templates}?fieldValidation=${how}`, template('"bogus":{"x":1,"x":2},"volumes":[{"name":"v","bogus":1}]', '"image":"j","bogus":1')),
    ]),
  },
  { name: 'YAML', steps: yamls.map(text => yaml(secrets, text)) },
  {
    name: 'protobuf that is none',
    steps: ['', 'x', 'k8s', 'k8s\0', 'k8s\0\n', 'k8s\0\n\x7f', 'k8s\0\n\x0c\n\x02v1\x12\x06Secret', 'k8s\0\n\x0c\n\x02v1\x12\x06Secret\x12\x02\n\x7f', 'k8s\0\n\t\n\x02v1\x12\x03Pod\x12\x00', 'k8s\0\n\x0c\n\x02v1\x12\x06Secret\x12\x00'].map(
      text => post(secrets, text, { type: protobuf }),
    ),
  },
  {
    name: 'types of content',
    steps: ['', 'text/plain', 'application/json; charset=utf-8', 'application/json;charset=utf-16', 'APPLICATION/JSON', 'application/*', '*/*', 'bogus', ';', 'application/cbor', 'text/json'].map(
      type => post(secrets, '{"metadata":{"name":"a"}}', { headers: { 'content-type': type } }),
    ),
  },
  {
    name: 'answers in other forms',
    steps: [
      'application/json',
      'application/yaml',
      '*/*',
      'application/*',
      'text/*',
      'text/html',
      'application/json;q=0.1,application/yaml;q=0.9',
      'application/json;q=0',
      'application/xml,*/*;q=0.1',
      'application/json;charset=utf-8',
      'application/json;as=Bogus;g=meta.k8s.io;v=v1',
      'application/json;as=Table;g=meta.k8s.io;v=v2',
      'application/json;as=Table',
      'application/json;as=Table;g=meta.k8s.io;v=v1beta1',
      'application/yaml;as=Table;g=meta.k8s.io;v=v1',
      'application/vnd.kubernetes.protobuf;as=Table;g=meta.k8s.io;v=v1',
      'application/cbor',
      'bogus',
      ';',
      ',',
      'application/json;stream=watch',
    ].flatMap(accept => [
      { path: '/api/v1/namespaces/default', headers: { accept } },
      { path: '/api/v1/namespaces/default/secrets?limit=1', headers: { accept } },
      { path: '/api/v1/namespaces/none-of-them', headers: { accept } },
    ]),
  },
  {
    name: 'methods',
    steps: ['HEAD', 'OPTIONS', 'TRACE', 'PROPFIND', 'POST', 'PUT', 'DELETE', 'PATCH'].flatMap(method =>
      ['/api/v1/namespaces/default', '/api', '/apis/apps/v1', '/version', '/healthz', '/openapi/v2', '/openapi/v3', '/', '/none'].map(
        path => ({ method, path, ...(method !== 'HEAD' && method !== 'OPTIONS' && path !== '/api/v1/namespaces/default' ? { body: '{}' } : {}) }),
      ),
    ).filter(step => !(step.path === '/api/v1/namespaces/default' && /POST|PUT|DELETE|PATCH/.test(step.method))),
  },
]
