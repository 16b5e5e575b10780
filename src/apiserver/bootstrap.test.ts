/** What a server sees to at its start: everything once, and later only what is not as it should be. */
import { beforeEach, expect, test } from '@jest/globals'
import type { ClusterRole } from '../apis/generated/rbac-v1.js'
import { loadSchemas } from '../apis/generated/schema.js'
import { conversions, storedKinds } from '../apis/index.js'
import { FakeClock, SeededRandom } from '../machinery/fake-clock.js'
import { newRegistry } from '../registry/registry.js'
import { newMemoryStorage } from '../storage/memory/open.js'
import { silentLogger } from '../telemetry/logger.js'
import { loopback } from './authn/user.js'
import { bootstrap } from './bootstrap.js'

const scope = { user: loopback, dryRun: false, subresource: '' }
const endpoint = { address: '192.0.2.10', port: 6443, serviceSubnet: '10.96.0.0/16' }

const newServer = () => {
  const clock = new FakeClock()
  const schemas = loadSchemas()
  const storage = newMemoryStorage(clock)
  const rests = newRegistry({ kinds: storedKinds, conversions, storage, clock, random: new SeededRandom(), schemas })
  const start = (address = endpoint.address) =>
    bootstrap({ rests, schemas, log: silentLogger, clock }, { ...endpoint, address }, 'the authority')
  const rest = (group: string, resource: string) => rests.find(group, 'v1', resource)!
  return { storage, start, rest }
}

let server: ReturnType<typeof newServer>
beforeEach(async () => {
  server = newServer()
  await server.start()
})

const roles = () => server.rest('rbac.authorization.k8s.io', 'clusterroles')
const viewParts = { name: 'system:aggregate-to-view' }
const readRole = async () => (await roles().get(viewParts)).object as unknown as ClusterRole

test('a second start writes nothing', async () => {
  const before = await server.storage.revision()
  await server.start()
  expect(await server.storage.revision()).toBe(before)
})

test('a role that lost rules regains them, and only it is written', async () => {
  const whole = await readRole()
  const fewer = whole.rules!.slice(1)
  await roles().update(viewParts, current => ({ ...current!, rules: fewer }), scope)
  const before = await server.storage.revision()
  await server.start()
  const regained = { apiGroups: [''], resources: ['pods'], verbs: ['get'] }
  expect((await readRole()).rules).toContainEqual(regained)
  expect(await server.storage.revision()).toBe(before + 1)
})

test('a role whose owner opted out stays as it is', async () => {
  const change = await readRole()
  await roles().update(
    viewParts,
    current => {
      const { metadata } = current!
      const annotations = { ...metadata.annotations, 'rbac.authorization.kubernetes.io/autoupdate': 'false' }
      return { ...current!, metadata: { ...metadata, annotations }, rules: change.rules!.slice(1) }
    },
    scope,
  )
  const before = await server.storage.revision()
  await server.start()
  expect(await server.storage.revision()).toBe(before)
})

test('a server at another address says so', async () => {
  await server.start('192.0.2.20')
  const { object } = await server.rest('', 'endpoints').get({ namespace: 'default', name: 'kubernetes' })
  expect(object).toMatchObject({ subsets: [{ addresses: [{ ip: '192.0.2.20' }] }] })
})
