import { describe, expect, test } from '@jest/globals'
import { FakeClock } from '../../machinery/fake-clock.js'
import { newMemoryStorage } from '../../storage/memory/open.js'
import { migrate } from './migrate.js'

const bytes = (text: string) => new TextEncoder().encode(text)
const newStore = () => newMemoryStorage(new FakeClock())

describe('migrate', () => {
  test('copies all objects, oldest first, but the leases of servers that run', async () => {
    const [from, to] = [newStore(), newStore()]
    await from.put('/registry/pods/b/2', bytes('{"a":1}'))
    await from.put('/registry/pods/a/1', bytes('{"a":2}'))
    await from.put('/registry/masterleases/10.0.0.1', bytes('{}'))
    await from.put('/registry/ranges/servicenodeports', bytes('k8s\0'))
    await from.put('/other', bytes('x'))
    expect(await migrate(from, to)).toBe(3)
    const { items } = await to.list('/')
    expect(items.map(({ key, createRevision }) => [key, createRevision])).toEqual([
      ['/registry/pods/a/1', 2],
      ['/registry/pods/b/2', 1],
      ['/registry/ranges/servicenodeports', 3],
    ])
    expect(new TextDecoder().decode(items[0]!.bytes)).toBe('{"a":2}')
  })

  test('refuses a store that holds something', async () => {
    const [from, to] = [newStore(), newStore()]
    await to.put('/registry/pods/a/1', bytes('{}'))
    await expect(migrate(from, to)).rejects.toThrow('must be empty')
  })

  test('writes nothing when something cannot be read', async () => {
    const [from, to] = [newStore(), newStore()]
    await from.put('/registry/pods/a/1', bytes('{}'))
    await from.put('/registry/secrets/a/1', bytes('k8s:enc:aescbc:v1:'))
    await expect(migrate(from, to)).rejects.toThrow('/registry/secrets/a/1 is neither JSON nor protobuf')
    expect((await to.list('/')).items).toEqual([])
  })
})
