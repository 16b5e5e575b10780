/** What is stored in which form, and read from which; golden values were stored by kube-apiserver v1.34.4. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import type { EncryptionKey, ProviderConfiguration } from './configuration.js'
import { identity } from './identity.js'
import { resourceTransformers } from './resource-transformers.js'

interface Golden {
  provider: 'aescbc' | 'aesgcm' | 'secretbox'
  key: EncryptionKey
  path: string
  /** In base64. */
  stored: string
  kind: string
  name: string
}

const golden = JSON.parse(
  readFileSync(new URL('../../../test/golden/encryption/stored.json', import.meta.url), 'utf8'),
) as Golden[]

const secrets = { group: '', resource: 'secrets' }
const path = '/registry/secrets/ns/a'
const keyOf = (name: string, fill: number, size = 32): EncryptionKey => ({
  name,
  secret: Buffer.alloc(size, fill).toString('base64'),
})
const transformer = (...providers: ProviderConfiguration[]) =>
  resourceTransformers({ resources: [{ resources: ['secrets'], providers }] })(secrets)
const value = Buffer.from('{"kind":"Secret"}')
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1')

test.each(golden)(
  'reads what a stock server has stored by $provider',
  ({ provider, key, path, stored, kind, name }) => {
    const read = transformer({ [provider]: { keys: [key] } }).fromStorage(Buffer.from(stored, 'base64'), path)
    expect(read.isStale).toBe(false)
    expect(text(read.value)).toMatch(/^k8s\0/)
    expect(text(read.value)).toContain(kind)
    expect(text(read.value)).toContain(name)
  },
)

const providers: { name: 'aescbc' | 'aesgcm' | 'secretbox'; size: number; otherKey: string; cut: string }[] = [
  { name: 'aescbc', size: 16, otherKey: 'invalid padding|invalid PKCS7', cut: 'not a multiple of the block size' },
  { name: 'aescbc', size: 32, otherKey: 'invalid padding|invalid PKCS7', cut: 'not a multiple of the block size' },
  { name: 'aesgcm', size: 24, otherKey: 'authentication failed', cut: 'authentication failed' },
  { name: 'aesgcm', size: 32, otherKey: 'authentication failed', cut: 'authentication failed' },
  { name: 'secretbox', size: 32, otherKey: 'not large enough', cut: 'not large enough' },
]

describe.each(providers)('$name with a key of $size bytes', ({ name, size, otherKey, cut }) => {
  const one = transformer({ [name]: { keys: [keyOf('a', 1, size)] } })

  test.each([0, 1, 15, 16, 17, 5000])('gives back %d bytes', length => {
    const given = Buffer.alloc(length, 'x')
    const stored = one.toStorage(given, path)
    expect(text(stored)).toMatch(new RegExp(`^k8s:enc:${name}:v1:a:`))
    expect(text(stored)).not.toContain('xxxx')
    expect(Buffer.from(one.fromStorage(stored, path).value).equals(given)).toBe(true)
  })

  test('never stores the same twice alike', () => {
    expect(text(one.toStorage(value, path))).not.toBe(text(one.toStorage(value, path)))
  })

  test('says why it does not read', () => {
    const stored = one.toStorage(value, path)
    const other = transformer({ [name]: { keys: [keyOf('a', 2, size)] } })
    expect(() => other.fromStorage(stored, path)).toThrow(new RegExp(otherKey))
    expect(() => one.fromStorage(stored.subarray(0, -1), path)).toThrow(new RegExp(cut))
    expect(() => one.fromStorage(stored.subarray(0, 30), path)).toThrow('shorter than the required size')
    expect(() => transformer({ [name]: { keys: [keyOf('b', 1, size)] } }).fromStorage(stored, path)).toThrow(
      /no matching key was found for the provided (AES|Secretbox) transformer/,
    )
  })
})

test('what GCM has sealed cannot be moved to another key of the store', () => {
  const gcm = transformer({ aesgcm: { keys: [keyOf('a', 1)] } })
  const stored = gcm.toStorage(value, path)
  expect(() => gcm.fromStorage(stored, '/registry/secrets/ns/b')).toThrow('cipher: message authentication failed')
})

describe('several providers', () => {
  const [a, b] = [keyOf('a', 1), keyOf('b', 2)]
  const byA = transformer({ aescbc: { keys: [a] } }).toStorage(value, path)

  test.each<{ name: string; providers: ProviderConfiguration[]; stale: boolean }>([
    { name: 'its own', providers: [{ aescbc: { keys: [a] } }], stale: false },
    { name: 'another key before', providers: [{ aescbc: { keys: [b, a] } }], stale: true },
    { name: 'another key behind', providers: [{ aescbc: { keys: [a, b] } }], stale: false },
    { name: 'another provider before', providers: [{ aesgcm: { keys: [b] } }, { aescbc: { keys: [a] } }], stale: true },
    { name: 'nothing before, to decrypt', providers: [{ identity: {} }, { aescbc: { keys: [a] } }], stale: true },
    {
      name: 'a key of the same name before',
      providers: [{ aescbc: { keys: [{ ...b, name: 'a' }] } }, { aescbc: { keys: [a] } }],
      stale: true,
    },
  ])('read a value of the first, with $name', ({ providers, stale }) => {
    const { value: read, isStale } = transformer(...providers).fromStorage(byA, path)
    expect([text(read), isStale]).toEqual([text(value), stale])
  })

  test('what is not encrypted yet is read and stale', () => {
    expect(transformer({ aescbc: { keys: [a] } }, { identity: {} }).fromStorage(value, path).isStale).toBe(true)
  })

  test('what is not encrypted is refused where nothing says otherwise', () => {
    expect(() => transformer({ aescbc: { keys: [a] } }).fromStorage(value, path)).toThrow('no matching prefix found')
  })

  test('what is encrypted is refused where nobody knows of keys', () => {
    expect(() => identity.fromStorage(byA, path)).toThrow('identity transformer tried to read encrypted data')
    expect(() => transformer({ identity: {} }).fromStorage(byA, path)).toThrow('no matching prefix found')
  })
})

describe('rules', () => {
  const rule = (resources: string[], name: string) => ({
    resources,
    providers: [{ aescbc: { keys: [keyOf(name, 1)] } }],
  })
  const of = resourceTransformers({
    resources: [
      { resources: ['events'], providers: [{ identity: {} }] },
      rule(['secrets', 'pandas.awesome.bears.example'], 'first'),
      rule(['*.apps'], 'apps'),
      rule(['*.'], 'core'),
      rule(['*.*'], 'all'),
    ],
  })

  test.each([
    { resource: 'events', group: '', key: undefined },
    { resource: 'secrets', group: '', key: 'first' },
    { resource: 'pandas', group: 'awesome.bears.example', key: 'first' },
    { resource: 'deployments', group: 'apps', key: 'apps' },
    { resource: 'configmaps', group: '', key: 'core' },
    { resource: 'jobs', group: 'batch', key: 'all' },
  ])('$resource of "$group" is written by $key', ({ key, ...resource }) => {
    const stored = text(of(resource).toStorage(value, path))
    expect(/^k8s:enc:aescbc:v1:(\w+):/.exec(stored)?.[1]).toBe(key)
  })

  test('what no rule names is not encrypted', () => {
    expect(transformerOfOthers().toStorage(value, path)).toBe(value)
  })
  const transformerOfOthers = () =>
    resourceTransformers({ resources: [rule(['secrets'], 'a')] })({ group: '', resource: 'pods' })

  test.each([
    { earlier: '*.*', later: 'secrets', says: 'resource "secrets" is masked by earlier rule "*.*"' },
    { earlier: '*.', later: 'secrets', says: 'resource "secrets" is masked by earlier rule "*."' },
    {
      earlier: '*.apps',
      later: 'deployments.apps',
      says: 'resource "deployments.apps" is masked by earlier rule "*.apps"',
    },
  ])('$later behind $earlier is refused', ({ earlier, later, says }) => {
    expect(() => resourceTransformers({ resources: [rule([earlier], 'a'), rule([later], 'b')] })).toThrow(says)
  })

  test.each([
    { apiVersion: undefined, says: 'KMSv1 is deprecated' },
    { apiVersion: 'v2', says: 'are not known to minik8s' },
  ])('kms $apiVersion is refused', ({ apiVersion, says }) => {
    const kms = { name: 'a', endpoint: 'unix:///a', ...(apiVersion && { apiVersion }) }
    expect(() => transformer({ kms })).toThrow(says)
  })
})
