import { describe, expect, test } from '@jest/globals'
import { nameIsDnsSubdomain } from './name-rules.js'
import type { ObjectMeta } from './object-meta.js'
import { validateObjectMeta, validateObjectMetaUpdate } from './object-meta-validation.js'

const rules = { namespaced: true, validateName: nameIsDnsSubdomain }
const meta = (over: ObjectMeta = {}): ObjectMeta => ({ name: 'a', namespace: 'default', ...over })
const lines = (errors: { field: string; message: string }[]) => errors.map(e => `${e.field}: ${e.message}`)
const owner = { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u', controller: true }

describe('validateObjectMeta', () => {
  test.each([
    { name: 'a plain object', meta: meta(), errors: [] },
    {
      name: 'no name',
      meta: meta({ name: '' }),
      errors: ['metadata.name: Required value: name or generateName is required'],
    },
    {
      name: 'a bad name',
      meta: meta({ name: 'A' }),
      errors: [
        `metadata.name: Invalid value: "A": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
      ],
    },
    { name: 'a prefix that ends with a dash', meta: meta({ generateName: 'a-' }), errors: [] },
    { name: 'no namespace', meta: { name: 'a' }, errors: ['metadata.namespace: Required value'] },
    {
      name: 'an annotation in capitals',
      meta: meta({ annotations: { 'Example.COM/X': 'anything goes: \u0000' } }),
      errors: [],
    },
    {
      name: 'annotations beyond 256 KiB',
      meta: meta({ annotations: { a: 'x'.repeat(262144) } }),
      errors: ['metadata.annotations: Too long: may not be more than 262144 bytes'],
    },
    {
      name: 'an empty owner reference',
      meta: meta({ ownerReferences: [{ apiVersion: '', kind: '', name: '', uid: '' }] }),
      errors: [
        'metadata.ownerReferences.apiVersion: Invalid value: "": version must not be empty',
        'metadata.ownerReferences.kind: Invalid value: "": must not be empty',
        'metadata.ownerReferences.name: Invalid value: "": must not be empty',
        'metadata.ownerReferences.uid: Invalid value: "": must not be empty',
      ],
    },
    {
      name: 'two controllers',
      meta: meta({ ownerReferences: [owner, { ...owner, name: 'q' }] }),
      errors: [
        'metadata.ownerReferences: Invalid value: [{"apiVersion":"v1","kind":"Pod","name":"p","uid":"u","controller":true},{"apiVersion":"v1","kind":"Pod","name":"q","uid":"u","controller":true}]: Only one reference can have Controller set to true. Found "true" in references for Pod/p and Pod/q',
      ],
    },
    {
      name: 'contrary finalizers',
      meta: meta({ finalizers: ['orphan', 'foregroundDeletion'] }),
      errors: [
        'metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: finalizer orphan and foregroundDeletion cannot be both set',
      ],
    },
    {
      name: 'an unprintable manager',
      meta: meta({ managedFields: [{ manager: 'a\n', operation: 'Delete' }] }),
      errors: [
        'metadata.managedFields[0].operation: Invalid value: "Delete": must be `Apply` or `Update`',
        'metadata.managedFields[0].manager: Invalid value: "a\\n": invalid character U+000A (at position 1)',
      ],
    },
  ])('$name', ({ meta, errors }) => expect(lines(validateObjectMeta(meta, rules))).toEqual(errors))

  test('a namespace on a cluster-scoped kind', () => {
    const errors = validateObjectMeta(meta(), { ...rules, namespaced: false })
    expect(lines(errors)).toEqual(['metadata.namespace: Forbidden: not allowed on this type'])
  })
})

describe('validateObjectMetaUpdate', () => {
  const old = meta({ uid: 'u', resourceVersion: '1', generation: 2, creationTimestamp: '2025-01-01T00:00:00Z' })
  test.each([
    { name: 'nothing changed', change: {}, was: {}, errors: [] },
    {
      name: 'no resourceVersion',
      change: { resourceVersion: undefined },
      was: {},
      errors: ['metadata.resourceVersion: Invalid value: "": must be specified for an update'],
    },
    {
      name: 'a lower generation',
      change: { generation: 1 },
      was: {},
      errors: ['metadata.generation: Invalid value: 1: must not be decremented'],
    },
    {
      name: 'another name and uid',
      change: { name: 'b', uid: undefined },
      was: {},
      errors: [
        'metadata.name: Invalid value: "b": field is immutable',
        'metadata.uid: Invalid value: "": field is immutable',
      ],
    },
    {
      name: 'a creation time taken away',
      change: { creationTimestamp: undefined },
      was: {},
      errors: ['metadata.creationTimestamp: Invalid value: null: field is immutable'],
    },
    {
      name: 'a finalizer while being deleted',
      change: { finalizers: ['x/b', 'x/a'], deletionTimestamp: '2025-01-02T00:00:00Z' },
      was: { finalizers: ['x/a'], deletionTimestamp: '2025-01-02T00:00:00Z' },
      errors: [
        'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"x/b"}',
      ],
    },
  ])('$name', ({ change, was, errors }) =>
    expect(lines(validateObjectMetaUpdate({ ...old, ...change }, { ...old, ...was }))).toEqual(errors),
  )
})
