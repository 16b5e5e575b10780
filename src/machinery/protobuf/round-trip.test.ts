import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { loadSchemas } from '../../apis/generated/schema.js'
import { decodeObject } from '../schema/decode.js'
import type { FieldSchema } from '../schema/types.js'
import { decodeProtobuf, encodeProtobuf } from './envelope.js'

const schemas = loadSchemas()

const quantity = fc.constantFrom('0', '1', '500m', '1Gi', '2e9', '-5')
const time = fc.integer({ min: 0, max: 4e9 }).map(seconds => `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`)
const int64 = fc.oneof(
  fc.integer(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(n => (Number.isSafeInteger(Number(n)) ? Number(n) : n)),
)

/** Any value of a field; `depth` bounds recursive types. */
function arbitrary(field: FieldSchema, depth: number): fc.Arbitrary<unknown> {
  switch (field.type) {
    case 'string':
      return fc.string({ unit: 'binary', maxLength: 8 })
    case 'integer':
      return field.format === 'int32' ? fc.integer() : int64
    case 'number':
      return fc.double({ noNaN: true, noDefaultInfinity: true }).map(n => (n === 0 ? 0 : n))
    case 'boolean':
      return fc.boolean()
    case 'bytes':
      return fc.uint8Array({ maxLength: 8 }).map(bytes => Buffer.from(bytes).toString('base64'))
    case 'time':
      return time
    case 'microtime':
      return time.map(text => text.replace('Z', '.000123Z'))
    case 'quantity':
      return quantity
    case 'int-or-string':
      return fc.oneof(fc.integer(), fc.string({ maxLength: 4 }))
    case 'raw':
      return field.ref
        ? fc.constant(undefined)
        : fc.dictionary(fc.string(), fc.integer(), { maxKeys: 2, noNullPrototype: true })
    case 'list':
      return fc.array(arbitrary(field.items!, depth), { maxLength: 2 })
    case 'map':
      return fc.dictionary(fc.string({ maxLength: 4 }), arbitrary(field.items!, depth), {
        maxKeys: 2,
        noNullPrototype: true,
      })
    default:
      return depth === 0 ? fc.constant({}) : struct(field.ref!, depth - 1)
  }
}

/** A few of a type's fields at a time, or big types would never end. */
function struct(typeName: string, depth: number): fc.Arbitrary<Record<string, unknown>> {
  const fields = Object.entries(schemas[typeName]!.fields).filter(([, field]) => field.number !== undefined)
  return fc
    .subarray(fields, { maxLength: Math.min(4, fields.length) })
    .chain(chosen => fc.record(Object.fromEntries(chosen.map(([name, field]) => [name, arbitrary(field, depth)]))))
}

/** Structs held by value are always on the wire, empty ones too: which of them JSON showed is not told. */
function withoutEmptyStructs(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmptyStructs)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, inner]) => [key, withoutEmptyStructs(inner)] as const)
  return Object.fromEntries(
    entries.filter(
      ([, inner]) => !isEmptyObject(inner) && inner !== 0 && inner !== '0' && inner !== null && inner !== undefined,
    ),
  )
}
const isEmptyObject = (value: unknown) => typeof value === 'object' && value !== null && Object.keys(value).length === 0

const apiVersion = 'v1'
test.each([
  ['core.v1.Pod', apiVersion, 'Pod'],
  ['core.v1.PersistentVolume', apiVersion, 'PersistentVolume'],
  ['apps.v1.Deployment', 'apps/v1', 'Deployment'],
  ['flowcontrol.v1.FlowSchema', 'flowcontrol.apiserver.k8s.io/v1', 'FlowSchema'],
  ['apiextensions.v1.CustomResourceDefinition', 'apiextensions.k8s.io/v1', 'CustomResourceDefinition'],
  ['authentication.v1.TokenReview', 'authentication.k8s.io/v1', 'TokenReview'],
])('what is encoded of any %s is decoded again', (typeName, version, kind) => {
  fc.assert(
    fc.property(struct(typeName, 6), input => {
      const { object } = decodeObject(schemas, typeName, { apiVersion: version, kind, ...input })
      const decoded = decodeProtobuf(schemas, encodeProtobuf(schemas, typeName, object))
      expect(withoutEmptyStructs(decoded)).toEqual(withoutEmptyStructs(object))
    }),
    { numRuns: 150 },
  )
})
