import { expect, test } from '@jest/globals'
import type { Event } from '../apis/generated/events-v1.js'
import type { AnyObject } from '../machinery/object-meta.js'
import { loopback } from './authn/user.js'
import { newServerFixture, type ServerFixture } from './testing/server-fixture.js'

const minutes = 60_000
const scope = { user: loopback, dryRun: false, subresource: '' }
const addresses = ({ rests }: ServerFixture) => rests.find('networking.k8s.io', 'v1', 'ipaddresses')!
const eventsOf = async ({ rests }: ServerFixture): Promise<Event[]> => {
  const { items } = await rests.find('events.k8s.io', 'v1', 'events')!.list(undefined, {})
  return items.map(({ object }) => object as unknown as Event)
}
const newService = (server: ServerFixture, name: string, spec: object = {}): Promise<AnyObject> =>
  server.call({
    verb: 'create',
    ...{ group: '', resource: 'services', namespace: 'default' },
    body: { metadata: { name }, spec: { ports: [{ port: 80 }], ...spec } },
  })
/** Moves the time, and lets what is written be written. */
async function advance({ clock }: ServerFixture, milliseconds: number): Promise<void> {
  await clock.advance(milliseconds)
  for (let i = 0; i < 5; i++) await new Promise(resolve => setImmediate(resolve))
}

test('an address that somebody took from its service is given back, and an event says so', async () => {
  await using server = await newServerFixture()
  const service = await newService(server, 'web')
  const { clusterIP: ip = '' } = service.spec as { clusterIP?: string }
  await addresses(server).delete({ name: ip }, {}, scope)
  await advance(server, 3 * minutes)
  expect((await addresses(server).get({ name: ip })).object.spec).toMatchObject({ parentRef: { name: 'web' } })
  expect(await eventsOf(server)).toEqual([
    expect.objectContaining({
      type: 'Warning',
      reason: 'ClusterIPNotAllocated',
      action: 'ClusterIPAllocation',
      note: `Cluster IP [IPv4]: ${ip} is not allocated; repairing`,
      metadata: expect.objectContaining({ managedFields: [expect.objectContaining({ manager: 'kube-apiserver' })] }),
      reportingController: 'ipallocator-repair-controller',
      regarding: expect.objectContaining({ kind: 'Service', apiVersion: 'v1', name: 'web', uid: service.metadata.uid }),
    }),
  ])
})

test('a conflict is told again and again in one event, as a series', async () => {
  await using server = await newServerFixture()
  const ranges = server.rests.find('networking.k8s.io', 'v1', 'servicecidrs')!
  const range = { ...{ apiVersion: 'networking.k8s.io/v1', kind: 'ServiceCIDR' }, spec: { cidrs: ['10.97.0.0/24'] } }
  await ranges.create(undefined, { ...range, metadata: { name: 'more' } }, scope)
  await newService(server, 'far', { clusterIP: '10.97.0.7' })
  await ranges.delete({ name: 'more' }, {}, scope)
  await advance(server, 3 * minutes)
  await advance(server, 3 * minutes)
  const told = (await eventsOf(server)).map(({ reason, regarding, series }) => [reason, regarding?.name, series?.count])
  expect(told).toEqual([['ClusterIPOutOfRange', 'far', 2]])
})

test("an address that is nobody's goes when its minute is over, not three minutes later", async () => {
  await using server = await newServerFixture()
  await newService(server, 'web')
  const orphan = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IPAddress',
    metadata: { name: '10.96.7.7', labels: { 'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io' } },
    spec: { parentRef: { resource: 'services', namespace: 'default', name: 'dead' } },
  }
  await advance(server, 3 * minutes - 1000)
  await addresses(server).create(undefined, orphan, scope)
  await advance(server, 1000)
  await expect(addresses(server).get({ name: '10.96.7.7' })).resolves.toBeDefined()
  await advance(server, minutes)
  await expect(addresses(server).get({ name: '10.96.7.7' })).rejects.toThrow('not found')
})

test('readiness waits for the first look, and a server that has stopped looks no more', async () => {
  await using server = await newServerFixture()
  await advance(server, 0)
  const { text } = await server.agent().get('/readyz?verbose')
  expect(text).toContain('[+]poststarthook/start-service-ip-repair-controllers ok')
  const service = await newService(server, 'web')
  const { clusterIP: name = '' } = service.spec as { clusterIP?: string }
  server.end()
  await addresses(server).delete({ name }, {}, scope)
  await advance(server, 10 * minutes)
  await expect(addresses(server).get({ name })).rejects.toThrow('not found')
})
