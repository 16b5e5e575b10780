import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { configMap, namespace } from '../apis/core-v1/index.js'
import type { ConfigMap } from '../apis/generated/core-v1.js'
import { loadSchemas } from '../apis/generated/schema.js'
import { conversions, storedKinds, virtualKinds } from '../apis/index.js'
import { type ApiServer, startApiServer } from '../apiserver/server.js'
import { systemClock as clock, systemRandom as random } from '../cli/system.js'
import { issueCertificate, newAuthority } from '../machinery/pki/certificates.js'
import { newRegistry } from '../registry/registry.js'
import { newMemoryStorage } from '../storage/memory/open.js'
import { silentLogger as log } from '../telemetry/logger.js'
import { newMetricRegistry } from '../telemetry/metrics.js'
import { newHttpsClient } from './https.js'
import { newInformer } from './informer.js'

let server: ApiServer
let client: ReturnType<typeof newHttpsClient>
let stopAll: () => Promise<void>

beforeAll(async () => {
  const now = clock.now()
  const ca = newAuthority('test', now, 1)
  const leaf = { now, days: 1 }
  const [serving, admin] = [
    issueCertificate(ca, { ...leaf, commonName: 'kube-apiserver', usage: 'server', hosts: ['127.0.0.1'] }),
    issueCertificate(ca, { ...leaf, commonName: 'admin', organizations: ['system:masters'], usage: 'client' }),
  ]
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const schemas = loadSchemas()
  const storage = newMemoryStorage(clock)
  const rests = newRegistry({ kinds: storedKinds, conversions, storage, clock, random, schemas })
  server = await startApiServer(
    { clock, random, log, metrics: newMetricRegistry(), rests, virtualKinds, schemas },
    {
      bindAddress: '127.0.0.1',
      port: 0,
      advertiseAddress: '127.0.0.1',
      serviceSubnet: '10.96.0.0/16',
      tls: { certificate: serving.certificate, key: serving.key, clientCa: ca.certificate },
      serviceAccount: {
        signingKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
        publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      },
    },
  )
  const tls = { ca: ca.certificate, cert: admin.certificate, key: admin.key }
  client = newHttpsClient({ server: server.url, ...tls }, { clock })
  stopAll = async () => {
    client.close()
    await server.stop()
    rests.close()
    await storage.close()
  }
})
afterAll(() => stopAll())

const newMap = (name: string, data: Record<string, string> = {}): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace: 'default', name },
  data,
})

test('objects are created, read, changed, patched and deleted', async () => {
  const key = { namespace: 'default', name: 'a' }
  const created = await client.create(configMap, newMap('a', { x: '1' }), { fieldManager: 'test' })
  expect(created.metadata.uid).toBeDefined()
  await client.update(configMap, { ...created, data: { x: '2' } })
  const body = { data: { y: 'ü' } }
  await client.patch(configMap, key, { type: 'application/merge-patch+json', body })
  expect((await client.get(configMap, key)).data).toEqual({ x: '2', y: 'ü' })
  await client.delete(configMap, key, { preconditions: { uid: created.metadata.uid } })
  await expect(client.get(configMap, key)).rejects.toMatchObject({
    status: { code: 404, reason: 'NotFound', message: 'configmaps "a" not found' },
  })
})

test('lists know the type of their items, and take selectors', async () => {
  const { items } = await client.list(namespace, { fieldSelector: 'metadata.name=default' })
  expect(items.map(n => [n.kind, n.apiVersion, n.metadata.name])).toEqual([['Namespace', 'v1', 'default']])
})

test('failures are StatusErrors with all the server said', async () => {
  await client.create(configMap, newMap('twice'))
  await expect(client.create(configMap, newMap('twice'))).rejects.toMatchObject({
    status: { code: 409, reason: 'AlreadyExists', details: { name: 'twice', kind: 'configmaps' } },
  })
  await expect(client.create(configMap, newMap('Not_A_Name'))).rejects.toMatchObject({
    status: { code: 422, reason: 'Invalid', details: { causes: [{ field: 'metadata.name' }] } },
  })
})

test('a server that is not there gives ServiceUnavailable', async () => {
  const nobody = newHttpsClient({ server: 'https://127.0.0.1:1' }, { clock })
  await expect(nobody.list(namespace)).rejects.toMatchObject({ status: { code: 503, reason: 'ServiceUnavailable' } })
  nobody.close()
})

test('discovery gives every resource with its verbs, the preferred version first', async () => {
  const resources = await client.resources()
  expect(resources).toContainEqual(
    expect.objectContaining({ group: 'apps', version: 'v1', kind: 'Deployment', scope: 'Namespaced' }),
  )
  expect(resources.filter(r => r.kind === 'HorizontalPodAutoscaler').map(r => r.version)).toEqual(['v2', 'v1'])
  expect(resources.find(r => r.names.plural === 'pods')?.verbs).toContain('deletecollection')
})

test('an informer follows the server: what was there, what comes, changes and goes', async () => {
  await client.create(configMap, newMap('before'))
  const seen: string[] = []
  const done = new Promise<void>(resolve => {
    const informer = newInformer(configMap, { client, clock, random, log }, { namespace: 'default' })
    informer.addHandler({
      add: o => void seen.push(`add ${o.metadata.name}`),
      update: (o, old) => void seen.push(`update ${o.metadata.name} ${old.data?.v} ${o.data?.v}`),
      delete: o => {
        seen.push(`delete ${o.metadata.name}`)
        informer.stop()
        resolve()
      },
    })
    informer.start()
    void informer.synced.then(async () => {
      const made = await client.create(configMap, newMap('later', { v: '1' }))
      await client.update(configMap, { ...made, data: { v: '2' } })
      await client.delete(configMap, { namespace: 'default', name: 'later' })
    })
  })
  await done
  expect(seen).toContain('add before')
  expect(seen.slice(-3)).toEqual(['add later', 'update later 1 2', 'delete later'])
})

test('a watch ends when it is aborted', async () => {
  const abort = new AbortController()
  const events = await client.watch(namespace, {}, abort.signal)
  setTimeout(() => abort.abort(), 50)
  const count = async () => {
    let n = 0
    for await (const _ of events) n++
    return n
  }
  await count().catch(() => {})
  expect(abort.signal.aborted).toBe(true)
})
