import { describe, expect, test } from '@jest/globals'
import { loadSchemas } from '../apis/generated/schema.js'
import type { AnyObject } from '../machinery/object-meta.js'
import { encodeProtobuf } from '../machinery/protobuf/envelope.js'
import { decodeStored, encodeStored } from './codec.js'
import { readForeignValue } from './foreign-values.js'

const schemas = loadSchemas()
const read = (value: Uint8Array): AnyObject => decodeStored(readForeignValue(schemas, value))
const bytes = (text: string) => new TextEncoder().encode(text)
const metadata = { name: 'a', namespace: 'b', uid: 'u' }

describe('readForeignValue', () => {
  test('what we have stored comes back as it is', () => {
    const own = encodeStored({ kind: 'ConfigMap', apiVersion: 'v1', metadata })
    expect(readForeignValue(schemas, own)).toBe(own)
  })

  test('protobuf becomes JSON in our order, with the fields that are always shown', () => {
    const service = { apiVersion: 'v1', kind: 'Service', metadata, spec: { ports: [{ port: 80 }] } }
    const value = readForeignValue(schemas, encodeProtobuf(schemas, 'core.v1.Service', service))
    expect(new TextDecoder().decode(value)).toMatch(/^\{"kind":"Service","apiVersion":"v1","metadata":\{/)
    expect(decodeStored(value)).toMatchObject({ spec: { ports: [{ port: 80 }] }, status: { loadBalancer: {} } })
  })

  test('a version with the fields of one that is served is read as that', () => {
    const value = encodeProtobuf(schemas, 'resource.v1.DeviceClass', {
      apiVersion: 'resource.k8s.io/v1beta2',
      kind: 'DeviceClass',
      metadata: { name: 'a' },
      spec: { selectors: [{ cel: { expression: 'true' } }] },
    })
    expect(read(value)).toMatchObject({
      apiVersion: 'resource.k8s.io/v1',
      spec: { selectors: [{ cel: { expression: 'true' } }] },
    })
  })

  test('JSON in alphabetical order, as of custom resources, is put in ours', () => {
    const value = readForeignValue(
      schemas,
      bytes('{"apiVersion":"x/v1","kind":"X","metadata":{"name":"a"},"spec":{}}\n'),
    )
    expect(new TextDecoder().decode(value)).toBe('{"kind":"X","apiVersion":"x/v1","metadata":{"name":"a"},"spec":{}}')
  })

  test('the line feed behind JSON is taken off', () => {
    const value = readForeignValue(schemas, bytes('{"kind":"X","apiVersion":"x/v1","metadata":{}}\n'))
    expect(value.at(-1)).toBe('}'.charCodeAt(0))
  })

  test.each(['', '900', 'k8s:enc:aescbc:v1:x'])('what is no object, "%s", is handed on', text => {
    expect(readForeignValue(schemas, bytes(text))).toEqual(bytes(text))
  })

  test('a protobuf value that ends early is refused', () => {
    const value = encodeProtobuf(schemas, 'core.v1.ConfigMap', { apiVersion: 'v1', kind: 'ConfigMap', metadata })
    expect(() => readForeignValue(schemas, value.subarray(0, value.length - 12))).toThrow()
  })

  describe('a definition of v1beta1', () => {
    const definition = (spec: object) =>
      read(
        bytes(
          JSON.stringify({
            kind: 'CustomResourceDefinition',
            apiVersion: 'apiextensions.k8s.io/v1beta1',
            metadata,
            spec,
          }),
        ),
      )
    const names = { plural: 'as', kind: 'A' }
    const schema = { openAPIV3Schema: { type: 'object' } }

    test('gives each version what all share', () => {
      const found = definition({
        group: 'x.io',
        version: 'v1',
        names,
        scope: 'Cluster',
        validation: schema,
        subresources: { status: {} },
        additionalPrinterColumns: [{ name: 'A', type: 'string', JSONPath: '.spec.a' }],
        versions: [{ name: 'v1', served: true, storage: true }],
        conversion: { strategy: 'None' },
        preserveUnknownFields: false,
      })
      expect(found.apiVersion).toBe('apiextensions.k8s.io/v1')
      expect(found.spec).toEqual({
        group: 'x.io',
        names,
        scope: 'Cluster',
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema,
            subresources: { status: {} },
            additionalPrinterColumns: [{ name: 'A', type: 'string', jsonPath: '.spec.a' }],
          },
        ],
        conversion: { strategy: 'None' },
      })
    })

    test('keeps what versions have of their own, and the webhook', () => {
      const clientConfig = { url: 'https://x' }
      const found = definition({
        versions: [{ name: 'v2', schema, additionalPrinterColumns: [{ name: 'B', JSONPath: '.b' }] }],
        conversion: { strategy: 'Webhook', webhookClientConfig: clientConfig, conversionReviewVersions: ['v1'] },
      })
      expect(found.spec).toEqual({
        versions: [{ name: 'v2', schema, additionalPrinterColumns: [{ name: 'B', jsonPath: '.b' }] }],
        conversion: { strategy: 'Webhook', webhook: { clientConfig, conversionReviewVersions: ['v1'] } },
      })
    })
  })
})
