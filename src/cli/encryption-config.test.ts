/** The file of keys around a store: what it makes of it, and that it is looked at again. */
import { beforeEach, expect, test } from '@jest/globals'
import { FakeClock } from '../machinery/fake-clock.js'
import { newMemoryStorage } from '../storage/memory/open.js'
import { silentLogger } from '../telemetry/logger.js'
import { openEncryption, refuseEncrypted } from './cluster/encryption.js'
import { readEncryption } from './encryption-config.js'
import { UsageError } from './flags.js'

const secret = Buffer.alloc(32, 1).toString('base64')
const config = (...keys: string[]) => `
apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
- resources: ['*.*']
  providers:
  - aesgcm: {keys: [${keys.map(name => `{name: ${name}, secret: ${secret}}`)}]}
`

let clock: FakeClock
let text: string
const open = async (reload = false) => {
  const encryption = await readEncryption({
    ...{ path: 'keys.yaml', reload, clock, log: silentLogger },
    readText: async () => text,
  })
  const files = newMemoryStorage(new FakeClock())
  const storage = encryption.within(files)
  const writtenBy = async (key: string) => {
    await storage.put(key, Buffer.from('{}'))
    return /^k8s:enc:aesgcm:v1:(\w+):/.exec(Buffer.from((await files.get(key))!.bytes).toString('latin1'))?.[1]
  }
  return { files, storage, writtenBy }
}

beforeEach(() => {
  clock = new FakeClock()
  text = config('a')
})

test('resources are encrypted, records of the server are not', async () => {
  const { writtenBy } = await open()
  expect(await writtenBy('/registry/secrets/ns/a')).toBe('a')
  expect(await writtenBy('/registry/example.com/things/ns/a')).toBe('a')
  expect(await writtenBy('/registry/ranges/servicenodeports')).toBeUndefined()
})

test('a file that has changed counts within a minute, one that is wrong does not', async () => {
  const { storage, writtenBy } = await open(true)
  const key = '/registry/secrets/ns/a'
  text = config('b', 'a')
  expect(await writtenBy(key)).toBe('a')
  await clock.advance(60_000)
  expect(await storage.isStale!(key)).toBe(true)
  expect(await writtenBy(key)).toBe('b')
  text = 'kind: Other'
  await clock.advance(60_000)
  expect(await writtenBy(key)).toBe('b')
  text = config('c', 'b')
  await clock.advance(60_000)
  expect(await writtenBy(key)).toBe('c')
  await storage.close()
  expect(clock.pending).toBe(0)
})

test('without being asked nobody looks again', async () => {
  await open()
  expect(clock.pending).toBe(0)
})

test.each([
  {
    name: 'an empty file',
    given: '',
    says: '--encryption-provider-config: encryption provider configuration file "keys.yaml" is empty',
  },
  { name: 'what is no YAML', given: '{', says: '--encryption-provider-config: ' },
  { name: 'another kind', given: 'kind: Other', says: 'no kind "Other" is registered for version ""' },
])('$name is refused', async ({ given, says }) => {
  text = given
  await expect(open()).rejects.toThrow(UsageError)
  await expect(open()).rejects.toThrow(says)
})

test('looking again wants a file', async () => {
  expect(await openEncryption({}, silentLogger)).toBeUndefined()
  await expect(openEncryption({ 'encryption-provider-config-automatic-reload': 'true' }, silentLogger)).rejects.toThrow(
    'must be set with --encryption-provider-config',
  )
})

test('a store that holds encrypted values is not opened without keys', async () => {
  const { files, storage } = await open()
  await refuseEncrypted(files)
  await storage.put('/registry/secrets/ns/a', Buffer.from('{}'))
  await expect(refuseEncrypted(files, ['/registry/secrets/'], 1)).rejects.toThrow('/registry/secrets/ns/a is encrypted')
})
