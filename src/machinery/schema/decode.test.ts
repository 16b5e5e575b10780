import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { loadSchemas } from '../../apis/generated/schema.js'
import { parseJson } from '../json/parse.js'
import { decodeObject } from './decode.js'
import { cannotBeHandled, strictDecodingError } from './decode-error.js'
import { applySchemaDefaults } from './defaults.js'

const schemas = loadSchemas()
const golden = new URL('../../../test/golden/', import.meta.url)

const typeNames: Record<string, string> = {
  Deployment: 'apps.v1.Deployment',
  Pod: 'core.v1.Pod',
  Secret: 'core.v1.Secret',
  CustomResourceDefinition: 'apiextensions.v1.CustomResourceDefinition',
}

/** What the stock server answered to each body with `fieldValidation=Strict`. */
const refused = JSON.parse(readFileSync(new URL('decode/errors.json', golden), 'utf8')) as {
  kind: string
  body: string
  message: string
}[]

// Found by the scanner, before decoding: numbers written as 1e3 or 1.0 for an integer, duplicate keys.
const lexical = /number (?:1e3|1\.0) into|duplicate field/

test.each(refused.filter(({ message }) => !lexical.test(message)))(
  'decodeObject refuses $body',
  ({ kind, body, message }) => {
    const attempt = () => {
      const { strictErrors } = decodeObject(schemas, typeNames[kind]!, parseJson(body).value)
      if (strictErrors.length) throw strictDecodingError(strictErrors)
    }
    let error: Error | undefined
    try {
      attempt()
    } catch (caught) {
      error = caught as Error
    }
    expect(error && cannotBeHandled(kind, 'v1', error).message).toBe(message)
  },
)

const stored = readdirSync(new URL('protobuf/', golden)).filter(file => /^(?!list_|kubectl-).*\.json$/.test(file))

test.each(stored)('the stored form of %s stays as it is', file => {
  const text = readFileSync(new URL(`protobuf/${file}`, golden), 'utf8')
  const expected = JSON.parse(text)
  const [group, version] = expected.apiVersion.includes('/')
    ? expected.apiVersion.split('/')
    : ['core', expected.apiVersion]
  const typeName = `${group.split('.')[0]}.${version}.${expected.kind}`
  const { object, strictErrors } = decodeObject(schemas, typeName, JSON.parse(text))
  applySchemaDefaults(schemas, typeName, object)
  expect(strictErrors).toEqual([])
  expect(object).toEqual(expected)
})

const decode = (spec: unknown) =>
  decodeObject(schemas, 'core.v1.Pod', { metadata: {}, spec }).object.spec as Record<string, unknown>

test.each([
  {
    name: 'zero values that Go omits',
    from: { hostNetwork: false, hostname: '', nodeSelector: {}, tolerations: [] },
    to: {},
  },
  { name: 'nulls', from: { hostNetwork: null, containers: null, securityContext: null }, to: {} },
  { name: 'unknown fields', from: { foo: { bar: 1 } }, to: {} },
])('decodeObject drops $name', ({ from, to }) => {
  expect(decode(from)).toEqual(to)
})

test.each([
  { name: 'zero values held by pointer', value: { terminationGracePeriodSeconds: 0, shareProcessNamespace: false } },
  { name: 'empty structs', value: { securityContext: {}, volumes: [{ name: 'a', emptyDir: {} }] } },
  { name: 'map keys such as __proto__', value: { nodeSelector: JSON.parse('{"__proto__": "x", "a": ""}') } },
  { name: 'integers beyond 2^53', value: { activeDeadlineSeconds: 9007199254740993n } },
])('decodeObject keeps $name', ({ value }) => {
  expect(decode(value)).toEqual(value)
  expect(Object.keys(decode(value))).toEqual(Object.keys(value))
})

test.each([
  {
    name: 'quantities are canonical',
    from: { overhead: { cpu: 0.5, memory: '1024Mi' } },
    to: { overhead: { cpu: '500m', memory: '1Gi' } },
  },
  {
    name: 'resource lists have thousandths at most',
    from: { overhead: { cpu: '100u' } },
    to: { overhead: { cpu: '1m' } },
  },
  { name: 'null in a map of strings is empty', from: { nodeSelector: { a: null } }, to: { nodeSelector: { a: '' } } },
  { name: 'null in a list of structs is an empty struct', from: { containers: [null] }, to: { containers: [{}] } },
  { name: 'small integers are numbers', from: { activeDeadlineSeconds: 5n }, to: { activeDeadlineSeconds: 5 } },
])('$name', ({ from, to }) => {
  expect(decode(from)).toEqual(to)
})

test.each([
  ['2024-01-01T02:00:00+02:00', '2024-01-01T00:00:00Z'],
  ['2024-01-01T00:00:00.999Z', '2024-01-01T00:00:00Z'],
  ['2024-02-29T1:00:00Z', '2024-02-29T01:00:00Z'],
  ['0001-01-01T00:00:00Z', undefined],
])('the time %s is kept as %s', (from, to) => {
  expect(decodeObject(schemas, 'meta.v1.ObjectMeta', { creationTimestamp: from }).object).toEqual(
    to ? { creationTimestamp: to } : {},
  )
})

test('defaults fill what Go always prints', () => {
  const deployment = { spec: { template: { spec: { containers: [{ name: 'a', ports: [{ containerPort: 80 }] }] } } } }
  applySchemaDefaults(schemas, 'apps.v1.Deployment', deployment)
  expect(deployment).toEqual({
    metadata: {},
    spec: {
      selector: null,
      strategy: {},
      template: {
        metadata: {},
        spec: { containers: [{ name: 'a', ports: [{ containerPort: 80, protocol: 'TCP' }], resources: {} }] },
      },
    },
    status: {},
  })
})

test('the empty list of a field without omitempty is printed as null', () => {
  const role = decodeObject(schemas, 'rbac.v1.Role', { rules: [] }).object
  applySchemaDefaults(schemas, 'rbac.v1.Role', role)
  expect(role).toEqual({ metadata: {}, rules: null })
})

test.each([
  [{ generation: 'x', creationTimestamp: 'x' }, 'cannot parse "x" as "2006"'],
  [{ generation: 'x', name: 1 }, 'ObjectMeta.metadata.generation of type int64'],
  [{ labels: [], generation: 'x' }, 'ObjectMeta.metadata.labels of type map[string]string'],
])('of %j, what a parser of its own refuses is told before the first wrong type', (metadata, message) => {
  expect(() => decodeObject(schemas, 'core.v1.Pod', { metadata })).toThrow(message)
})
