import { expect, test } from '@jest/globals'
import type { AnyObject } from '../machinery/object-meta.js'
import { loopback } from './authn/user.js'
import { tokenTrackingKey } from './bootstrap-objects.js'
import { newServerFixture, type ServerFixture } from './testing/server-fixture.js'

const scope = { user: loopback, dryRun: false, subresource: '' }
const kubernetes = { namespace: 'default', name: 'kubernetes' }

const of = ({ rests }: ServerFixture, group: string, resource: string) => rests.find(group, 'v1', resource)!
const read = (server: ServerFixture, resource: string, key: { namespace: string; name: string }) =>
  of(server, '', resource)
    .get(key)
    .then(
      ({ object }) => object,
      () => undefined,
    )

test.each([
  ['', 'configmaps', { namespace: 'kube-system', name: 'extension-apiserver-authentication' }],
  ['', 'services', kubernetes],
  ['', 'endpoints', kubernetes],
  ['discovery.k8s.io', 'endpointslices', kubernetes],
])('%s %s that are taken away come back', async (group, resource, key) => {
  await using server = await newServerFixture()
  await of(server, group, resource).delete(key, {}, scope)
  await expect(of(server, group, resource).get(key)).rejects.toThrow()
  await server.clock.advance(10_000)
  await expect(of(server, group, resource).get(key)).resolves.toBeDefined()
})

test('what somebody spoils is mended, and nothing is written where all is well', async () => {
  await using server = await newServerFixture()
  const spoil = (current: AnyObject | undefined) => ({ ...current!, subsets: [] })
  await of(server, '', 'endpoints').update(kubernetes, spoil, scope)
  const unread = (current: AnyObject | undefined) => ({ ...current!, data: { since: 'long ago' } })
  await of(server, '', 'configmaps').update(tokenTrackingKey, unread, scope)
  await server.clock.advance(10_000)
  const mended = await read(server, 'endpoints', kubernetes)
  expect(mended).toMatchObject({ subsets: [{ addresses: [{ ip: '192.0.2.10' }] }] })
  expect(await read(server, 'configmaps', tokenTrackingKey)).toMatchObject({
    data: { since: expect.stringMatching(/^\d{4}-\d{2}-\d{2}$/) },
  })
  await server.clock.advance(60_000)
  expect((await read(server, 'endpoints', kubernetes))?.metadata.resourceVersion).toBe(mended?.metadata.resourceVersion)
})

test('the note of tokens comes back half an hour after it was made', async () => {
  await using server = await newServerFixture()
  await server.clock.advance(10_000)
  await of(server, '', 'configmaps').delete(tokenTrackingKey, {}, scope)
  await server.clock.advance(600_000)
  expect(await read(server, 'configmaps', tokenTrackingKey)).toBeUndefined()
  await server.clock.advance(1_200_000)
  expect(await read(server, 'configmaps', tokenTrackingKey)).toBeDefined()
})

test('a server that has stopped writes nothing', async () => {
  await using server = await newServerFixture()
  server.end()
  await of(server, '', 'services').delete(kubernetes, {}, scope)
  await server.clock.advance(60_000)
  expect(await read(server, 'services', kubernetes)).toBeUndefined()
})
