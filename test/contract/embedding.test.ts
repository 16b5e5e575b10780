/** Clusters in the test's own process: isolated, resettable, forkable, with faults, for our client and the official one. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { type ApiException, CoreV1Api, KubeConfig, Watch } from '@kubernetes/client-node'
import { defineResource, isReason, kinds, startCluster, type TestCluster } from '../../src/embedding/index.js'

let cluster: TestCluster
beforeAll(async () => {
  cluster = await startCluster()
})
afterAll(() => cluster.stop())
afterEach(async () => {
  await cluster.reset()
})

const settings = (name: string, value = '1') => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
  data: { value },
})
const newNamespace = (name: string) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name }, spec: {} })
const key = (name: string) => ({ name, namespace: 'default' })

const namesIn = async ({ client }: TestCluster) =>
  (await client.list(kinds.configMap, { namespace: 'default' })).items
    .map(({ metadata }) => metadata.name)
    .filter(name => name !== 'kube-root-ca.crt')

function officialApi({ kubeconfig }: TestCluster) {
  const config = new KubeConfig()
  config.loadFromString(kubeconfig)
  return { config, api: config.makeApiClient(CoreV1Api) }
}

describe('clients', () => {
  test('ours and the official one see the same cluster', async () => {
    await cluster.client.create(kinds.configMap, settings('mine'))
    const found = await officialApi(cluster).api.readNamespacedConfigMap(key('mine'))
    expect(found.data).toEqual({ value: '1' })
    expect(found.metadata?.managedFields?.map(({ manager }) => manager)).toEqual(['minik8s-test'])
  })

  test('what our client returns is the caller’s to change', async () => {
    await cluster.client.create(kinds.configMap, settings('mine'))
    const first = await cluster.client.get(kinds.configMap, key('mine'))
    first.data = { value: 'changed here only' }
    const [listed] = (await cluster.client.list(kinds.configMap, { fieldSelector: 'metadata.name=mine' })).items
    expect(listed?.data).toEqual({ value: '1' })
  })

  test('any resource can be named', async () => {
    const crontab = defineResource({ group: 'example.com', version: 'v1', kind: 'CronTab', plural: 'crontabs' })
    expect(crontab.names.plural).toBe('crontabs')
    const missing = await cluster.client.list(crontab, {}).catch(error => error)
    expect(isReason(missing, 'NotFound')).toBe(true)
  })
})

describe('reset', () => {
  test('takes back what the test wrote, also over HTTPS, and tells watchers', async () => {
    const seen: string[] = []
    const stop = new AbortController()
    const events = await cluster.client.watch(kinds.configMap, { namespace: 'default' }, stop.signal)
    const watching = (async () => {
      for await (const { type, object } of events)
        if (object.metadata.name !== 'kube-root-ca.crt' && seen.push(`${type} ${object.metadata.name}`) === 4) return
    })()
    await cluster.client.create(kinds.configMap, settings('a'))
    await officialApi(cluster).api.createNamespacedConfigMap({ namespace: 'default', body: settings('b') })
    await cluster.reset()
    expect(await namesIn(cluster)).toEqual([])
    await watching
    stop.abort()
    expect(seen).toEqual(['ADDED a', 'ADDED b', 'DELETED a', 'DELETED b'])
    await cluster.client.create(kinds.configMap, settings('a'))
  })

  test('a namespace with what is in it goes at once', async () => {
    await cluster.client.create(kinds.namespace, newNamespace('shop'))
    await cluster.client.create(kinds.secret, {
      ...{ apiVersion: 'v1', kind: 'Secret' },
      metadata: { name: 's', namespace: 'shop' },
    })
    await cluster.reset()
    const found = await cluster.client.get(kinds.namespace, { name: 'shop' }).catch(error => error)
    expect(isReason(found, 'NotFound')).toBe(true)
  })
})

describe('fork', () => {
  test('holds what there was, and goes its own way', async () => {
    await cluster.client.create(kinds.configMap, settings('shared'))
    const fork = await cluster.fork()
    try {
      expect(fork.url).not.toBe(cluster.url)
      await fork.client.create(kinds.configMap, settings('theirs'))
      await cluster.client.create(kinds.configMap, settings('ours'))
      expect(await namesIn(fork)).toEqual(['shared', 'theirs'])
      expect(await namesIn(cluster)).toEqual(['ours', 'shared'])
      expect((await officialApi(fork).api.readNamespacedConfigMap(key('shared'))).data).toEqual({ value: '1' })
    } finally {
      await fork.stop()
    }
  })
})

describe('faults', () => {
  test.each([409, 410, 429, 500] as const)('%d reaches both clients, for its verb and resource alone', async code => {
    cluster.faults.inject({ verbs: 'create', resources: 'configmaps', code, times: 2, retryAfterSeconds: 3 })
    const ours = await cluster.client.create(kinds.configMap, settings('a')).catch(error => error)
    expect(ours).toMatchObject({ code })
    const { api } = officialApi(cluster)
    const theirs = await api
      .createNamespacedConfigMap({ namespace: 'default', body: settings('a') })
      .catch((error: ApiException<unknown>) => error)
    expect(theirs).toMatchObject({ code })
    if (code === 429) expect((theirs as ApiException<unknown>).headers).toMatchObject({ 'retry-after': '3' })
    await api.listNamespacedConfigMap({ namespace: 'default' })
    await api.createNamespacedConfigMap({ namespace: 'default', body: settings('a') })
  })

  test('the cluster’s own controllers are spared', async () => {
    cluster.faults.inject({ verbs: ['create', 'update', 'patch'], resources: 'serviceaccounts', code: 500 })
    await cluster.client.create(kinds.namespace, newNamespace('spared'))
    const stop = new AbortController()
    const events = await cluster.client.watch(kinds.serviceAccount, { namespace: 'spared' }, stop.signal)
    for await (const { object } of events) {
      expect(object.metadata.name).toBe('default')
      break
    }
    stop.abort()
  })

  test('watches that run are dropped, ours and the official one’s', async () => {
    const { config } = officialApi(cluster)
    const path = '/api/v1/namespaces/default/configmaps'
    let began = () => {}
    const first = new Promise<void>(resolve => {
      began = resolve
    })
    const ended = new Promise<unknown>(resolve => {
      void new Watch(config).watch(
        path,
        { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan', allowWatchBookmarks: 'true' },
        () => began(),
        resolve,
      )
    })
    const events = await cluster.client.watch(kinds.configMap, { namespace: 'default' }, new AbortController().signal)
    const iterator = events[Symbol.asyncIterator]()
    // The one that is there, or is about to be: then the watch runs.
    await Promise.all([first, iterator.next()])
    expect(cluster.faults.dropWatches({ resources: 'configmaps' })).toBe(2)
    expect((await iterator.next()).done).toBe(true)
    await ended
  })
})

test('many clusters in one process do not see each other', async () => {
  const clusters = await Promise.all(
    Array.from({ length: 4 }, () => startCluster({ controllers: [], scheduler: false })),
  )
  try {
    await Promise.all(clusters.map(({ client }, n) => client.create(kinds.configMap, settings(`of-${n}`))))
    expect(await Promise.all(clusters.map(namesIn))).toEqual([['of-0'], ['of-1'], ['of-2'], ['of-3']])
    const foreign = new KubeConfig()
    foreign.loadFromString(clusters[0]!.kubeconfig.replace(clusters[0]!.url, clusters[1]!.url))
    await expect(foreign.makeApiClient(CoreV1Api).listNode()).rejects.toThrow()
  } finally {
    await Promise.all(clusters.map(each => each.stop()))
  }
})

test('with simulated nodes pods run', async () => {
  const simulated = await startCluster({ runtime: 'sim' })
  try {
    await simulated.nodesReady
    await simulated.client.create(kinds.pod, {
      ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'default' } },
      spec: { containers: [{ name: 'main', image: 'nginx' }] },
    })
    const stop = new AbortController()
    const events = await simulated.client.watch(kinds.pod, { namespace: 'default' }, stop.signal)
    for await (const { object } of events) if (object.status?.phase === 'Running') break
    stop.abort()
  } finally {
    await simulated.stop()
  }
})
