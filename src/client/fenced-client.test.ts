import { expect, test } from '@jest/globals'
import type { Client } from './client.js'
import { fencedClient } from './fenced-client.js'

const kind = {
  group: '',
  version: 'v1',
  kind: 'Pod',
  scope: 'Namespaced',
  names: { plural: 'pods', singular: 'pod' },
} as const
const key = { namespace: 'default', name: 'web' }
const object = { apiVersion: 'v1', kind: 'Pod', metadata: key }

test('who no longer holds the lease may read, and writes nothing', async () => {
  const calls: string[] = []
  const every = new Proxy({} as Record<string, () => Promise<object>>, {
    get: (_, name: string) => async () => {
      calls.push(name)
      return object
    },
    ownKeys: () => [],
  })
  const names = [
    'create',
    'createSubresource',
    'update',
    'updateStatus',
    'updateSubresource',
    'patch',
    'delete',
  ] as const
  const client = Object.fromEntries([...names, 'deleteCollection', 'get'].map(name => [name, every[name]]))
  let held = true
  const fenced = fencedClient(client as unknown as Client, () => held)
  await fenced.create(kind, object)
  held = false
  const writes = [
    () => fenced.create(kind, object),
    () => fenced.createSubresource(kind, key, 'binding', {}),
    () => fenced.update(kind, object),
    () => fenced.updateStatus(kind, object),
    () => fenced.updateSubresource(kind, object, 'finalize'),
    () => fenced.patch(kind, key, { type: 'application/merge-patch+json', body: {} }),
    () => fenced.delete(kind, key),
    () => fenced.deleteCollection(kind),
  ]
  for (const write of writes) await expect(write()).rejects.toThrow('not written: the lease is no longer held')
  await fenced.get(kind, key)
  expect(calls).toEqual(['create', 'get'])
})
