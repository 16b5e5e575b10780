/** An update that changes nothing is written all the same where the value lies in an old form, such as by a key that is on its way out. */
import { expect, test } from '@jest/globals'
import { FakeClock } from '../machinery/fake-clock.js'
import { EncryptedStorage } from '../storage/encryption/encrypted-storage.js'
import { resourceTransformers } from '../storage/encryption/resource-transformers.js'
import type { Transformer } from '../storage/encryption/transformer.js'
import { newMemoryStorage } from '../storage/memory/open.js'
import { silentLogger } from '../telemetry/logger.js'
import { newFixture, newObject, scope, widget } from './fixture.js'

const byKeys = (...names: string[]): Transformer => {
  const keys = names.map(name => ({ name, secret: Buffer.alloc(32, name).toString('base64') }))
  const resources = [{ resources: ['*.*'], providers: [{ aescbc: { keys } }] }]
  return resourceTransformers({ resources })({ group: '', resource: 'widgets' })
}

test('a key that was replaced goes with the next update of each object', async () => {
  const inner = newMemoryStorage(new FakeClock())
  let transformer = byKeys('old')
  const storage = new EncryptedStorage({ storage: inner, log: silentLogger, transformerOf: () => transformer })
  const widgets = newFixture([], { storage }).registry.rest(widget)
  await widgets.create('ns', newObject('a'), scope)
  const touch = async () =>
    (await widgets.update({ name: 'a', namespace: 'ns' }, current => Promise.resolve(current!), scope)).stored.revision
  const formOf = async () =>
    Buffer.from((await inner.get('/registry/example.com/widgets/ns/a'))!.bytes).toString('latin1')

  expect(await touch()).toBe(1)
  transformer = byKeys('new', 'old')
  expect(await touch()).toBe(2)
  expect(await formOf()).toMatch(/^k8s:enc:aescbc:v1:new:/)
  expect(await touch()).toBe(2)
})
