/** A store whose values lie encrypted in another: what is kept, what comes back, and what happens when it cannot be read. */
import { beforeEach, expect, test } from '@jest/globals'
import { FakeClock } from '../../machinery/fake-clock.js'
import { silentLogger } from '../../telemetry/logger.js'
import { newMemoryStorage } from '../memory/open.js'
import { KeyConflict, type StorageEvent, UnreadableValue } from '../storage.js'
import { EncryptedStorage } from './encrypted-storage.js'
import { identity } from './identity.js'
import { resourceTransformers } from './resource-transformers.js'
import type { Transformer } from './transformer.js'

const key = '/registry/secrets/ns/a'
const bytes = (text: string) => new TextEncoder().encode(text)
const text = (value: { bytes: Uint8Array } | undefined) => value && Buffer.from(value.bytes).toString()
const gcm = (...fills: number[]): Transformer => {
  const keys = fills.map(fill => ({ name: `k${fill}`, secret: Buffer.alloc(32, fill).toString('base64') }))
  const resources = [{ resources: ['secrets'], providers: [{ aesgcm: { keys } }, { identity: {} }] }]
  return resourceTransformers({ resources })({ group: '', resource: 'secrets' })
}

let inner: ReturnType<typeof newMemoryStorage>
let transformer: Transformer
const open = (options: { pathPrefix?: string; readValue?(value: Uint8Array): Uint8Array } = {}) =>
  new EncryptedStorage({ storage: inner, log: silentLogger, transformerOf: () => transformer, ...options })

beforeEach(() => {
  inner = newMemoryStorage(new FakeClock())
  transformer = gcm(1)
})

test('keeps nothing in the clear, and gives the writer’s own bytes to everybody', async () => {
  const storage = open()
  const events: StorageEvent[] = []
  storage.subscribe('/registry/', 0, all => events.push(...all))
  const value = bytes('canary')
  const put = await storage.put(key, value)
  expect(put.bytes).toBe(value)
  expect(events[0]!.current!.bytes).toBe(value)
  expect((await storage.get(key))!.bytes).toBe(value)
  expect(text(await inner.get(key))).toMatch(/^k8s:enc:aesgcm:v1:k1:/)
  expect(text(await inner.get(key))).not.toContain('canary')
  const { previous } = await storage.delete(key)
  expect(previous.bytes).toBe(value)
})

test('a value is bound to its place, the prefix of the store included', async () => {
  await open({ pathPrefix: '/team' }).put(key, bytes('x'))
  expect(text(await open({ pathPrefix: '/team' }).get(key))).toBe('x')
  await expect(open().get(key)).rejects.toThrow(UnreadableValue)
})

test('what a newer key would write is stale until it is written', async () => {
  await open().put(key, bytes('x'))
  transformer = gcm(2, 1)
  const storage = open()
  expect([text(await storage.get(key)), await storage.isStale(key)]).toEqual(['x', true])
  await storage.put(key, bytes('x'))
  expect([await storage.isStale(key), await storage.isStale(`${key}a`)]).toEqual([false, false])
})

test('what is not encrypted passes untouched, but for what reads foreign forms', async () => {
  transformer = identity
  const stored = await inner.put(key, bytes('{}'))
  expect(await open().get(key)).toBe(stored)
  expect(text(await open({ readValue: value => Buffer.concat([value, bytes('!')]) }).get(key))).toBe('{}!')
  const damaged = open({
    readValue() {
      throw new Error('bad wire type')
    },
  })
  await expect(damaged.list('/registry/')).rejects.toMatchObject({ key, message: 'bad wire type' })
})

test('a conflict shows the value that is there', async () => {
  const storage = open()
  await storage.put(key, bytes('x'))
  const error = await storage.put(key, bytes('y'), { expect: 'absent' }).catch(e => e)
  expect(error).toBeInstanceOf(KeyConflict)
  expect(text(error.current)).toBe('x')
})

test('a value that cannot be read fails its readers, and is lost for who listens', async () => {
  const storage = open()
  let lost = 0
  const end = storage.subscribe(
    '/registry/',
    0,
    () => {},
    () => lost++,
  )
  await inner.put(key, bytes('k8s:enc:aesgcm:v1:other:'))
  expect(lost).toBe(1)
  end()
  for (const reading of [storage.get(key), storage.list('/registry/'), storage.isStale(key)])
    await expect(reading).rejects.toMatchObject({
      key,
      message: 'no matching key was found for the provided AES transformer',
    })
  expect(() => storage.subscribe('/registry/', 0, () => {})).toThrow(UnreadableValue)
})
