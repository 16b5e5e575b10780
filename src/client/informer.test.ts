import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { configMap } from '../apis/core-v1/index.js'
import type { ConfigMap } from '../apis/generated/core-v1.js'
import { startTestCluster, type TestCluster } from '../controllers/testing/cluster.js'
import { SeededRandom, settle } from '../machinery/fake-clock.js'
import { gone, serviceUnavailable } from '../machinery/status-error.js'
import { silentLogger } from '../telemetry/logger.js'
import type { Client } from './client.js'
import { type Informer, newInformer } from './informer.js'

let cluster: TestCluster
let informer: Informer<ConfigMap>
beforeEach(async () => {
  cluster = await startTestCluster()
})
afterEach(async () => {
  informer.stop()
  await cluster.stop()
})

const newMap = (name: string, data = {}): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace: 'kube-public', name },
  data,
})

/** Follows config maps through a client whose calls may be made to fail. */
function follow(broken: Partial<Client> = {}): string[] {
  const seen: string[] = []
  const { clock, admin } = cluster
  informer = newInformer(
    configMap,
    { client: { ...admin, ...broken }, clock, random: new SeededRandom(), log: silentLogger },
    { namespace: 'kube-public', fieldSelector: 'metadata.name!=kube-root-ca.crt' },
  )
  informer.addHandler({
    add: o => void seen.push(`add ${o.metadata.name}`),
    update: o => void seen.push(`update ${o.metadata.name}`),
    delete: o => void seen.push(`delete ${o.metadata.name}`),
  })
  informer.start()
  return seen
}

describe('an informer', () => {
  test('tells a later handler of all that is there', async () => {
    await cluster.admin.create(configMap, newMap('a'))
    follow()
    await informer.synced
    const late: string[] = []
    informer.addHandler({ add: o => void late.push(o.metadata.name ?? '') })
    expect(late).toEqual(['a'])
  })

  test('calls back once it has seen a revision', async () => {
    follow()
    await informer.synced
    const made = await cluster.admin.create(configMap, newMap('a'))
    let seen = false
    informer.whenSeen(made.metadata.resourceVersion ?? '', () => {
      seen = informer.get({ namespace: 'kube-public', name: 'a' }) !== undefined
    })
    await settle()
    expect([seen, informer.hasSeen(made.metadata.resourceVersion ?? '')]).toEqual([true, true])
  })

  test('lists again when history is gone, and tells what happened meanwhile', async () => {
    const { admin } = cluster
    await admin.create(configMap, newMap('kept'))
    await admin.create(configMap, newMap('deleted'))
    const ends: AbortController[] = []
    let watches = 0
    const seen = follow({
      watch: async (kind, options, signal) => {
        if (++watches === 2) throw gone('too old resource version')
        const end = new AbortController()
        ends.push(end)
        return admin.watch(kind, options, AbortSignal.any([signal, end.signal]))
      },
    })
    await informer.synced
    await settle()
    ends[0]?.abort()
    await admin.delete(configMap, { namespace: 'kube-public', name: 'deleted' })
    await admin.create(configMap, newMap('new'))
    await settle()
    await cluster.run(5_000)
    expect(seen.sort()).toEqual(['add deleted', 'add kept', 'add new', 'delete deleted'])
    expect(watches).toBe(3)
  })

  test('resumes from where it was when a watch breaks, without listing again', async () => {
    const { admin } = cluster
    let lists = 0
    let failures = 2
    follow({
      list: (kind, options) => {
        lists++
        return admin.list(kind, options)
      },
      watch: async (kind, options, signal) => {
        if (failures-- > 0) throw serviceUnavailable('no')
        return admin.watch(kind, options, signal)
      },
    })
    await informer.synced
    await admin.create(configMap, newMap('a'))
    await cluster.run(10_000)
    expect([lists, informer.list().map(o => o.metadata.name)]).toEqual([1, ['a']])
  })

  test('waits longer after each failure to list', async () => {
    const { clock } = cluster
    const times: number[] = []
    follow({
      list: async () => {
        times.push(clock.now())
        throw serviceUnavailable('no')
      },
    })
    await cluster.run(60_000)
    const waits = times.slice(1).map((time, i) => time - (times[i] ?? 0))
    expect(waits.every((wait, i) => wait >= 800 * 2 ** i && wait <= 1_600 * 2 ** i)).toBe(true)
    expect(waits.length).toBeGreaterThan(3)
  })

  test('treats another object of the same name as a delete and an add', async () => {
    const { admin } = cluster
    await admin.create(configMap, newMap('a'))
    let block = true
    const seen = follow({
      watch: async (kind, options, signal) => {
        if (block) throw gone('old')
        return admin.watch(kind, options, signal)
      },
    })
    await informer.synced
    await admin.delete(configMap, { namespace: 'kube-public', name: 'a' })
    await admin.create(configMap, newMap('a'))
    block = false
    await cluster.run(5_000)
    expect(seen).toEqual(['add a', 'delete a', 'add a'])
  })
})
