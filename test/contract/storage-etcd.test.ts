/** The etcd engine against the storage contract, on a real etcd; skipped where there is none. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { systemClock } from '../../src/cli/system.js'
import { issueCertificate, newAuthority } from '../../src/machinery/pki/certificates.js'
import type { EtcdStorage } from '../../src/storage/etcd/etcd-storage.js'
import { type EtcdStoreOptions, openEtcdStorage } from '../../src/storage/etcd/open.js'
import { silentLogger } from '../../src/telemetry/logger.js'
import { EtcdServer, findEtcd } from './etcd-server.js'
import { fromRevisionZero } from './rebased-storage.js'
import { Relay } from './relay.js'
import { testStorage } from './storage.js'
import { checkModel } from './storage-model.js'
import { bytes, text } from './storage-values.js'

const suite = findEtcd() ? describe : describe.skip

suite('on etcd', () => {
  let etcd: EtcdServer
  let stores = 0
  const opened: EtcdStorage[] = []

  beforeAll(async () => {
    etcd = await EtcdServer.start()
  })
  afterAll(async () => {
    for (const storage of opened) await storage.close()
    await etcd?.stop()
  })

  /** Each prefix is a store of its own. */
  const open = async (prefix: string, options: Partial<EtcdStoreOptions> = {}) => {
    const storage = await openEtcdStorage({
      ...{ clock: systemClock, log: silentLogger, endpoints: [etcd.url], prefix, directory: '/', compactEvery: 0 },
      ...options,
    })
    opened.push(storage)
    return storage
  }

  testStorage('etcd', () => open(`/test-${stores++}`))

  test('etcd behaves as its model, restarts included', () =>
    checkModel(async () => {
      const prefix = `/test-${stores++}`
      const first = await open(prefix)
      const base = first.revision()
      const subject = {
        storage: fromRevisionZero(first, base),
        restart: async () => {
          await subject.storage.close()
          subject.storage = fromRevisionZero(await open(prefix), base)
        },
      }
      return subject
    }, 15))

  describe('several servers', () => {
    test('what one has written, another reads after sync, and hears of', async () => {
      const prefix = `/test-${stores++}`
      const [a, b] = [await open(prefix), await open(prefix)]
      const seen: string[] = []
      b.subscribe('/k/', b.revision(), events => seen.push(...events.map(event => text(event.current) ?? 'gone')))
      for (let n = 0; n < 20; n++) {
        const { modRevision } = await a.put('/k/x', bytes(String(n)))
        await b.sync()
        expect(b.revision()).toBeGreaterThanOrEqual(modRevision)
        expect(seen.at(-1)).toBe(String(n))
      }
    })

    test('sync does not wait for keys that are not ours', async () => {
      const [a, b] = [await open(`/test-${stores++}`), await open(`/test-${stores++}`)]
      const { modRevision } = await a.put('/k/x', bytes('1'))
      await b.sync()
      expect(b.revision()).toBeGreaterThanOrEqual(modRevision)
    })

    test('of writers on different servers with one expectation exactly one wins', async () => {
      const prefix = `/test-${stores++}`
      const servers = [await open(prefix), await open(prefix), await open(prefix)]
      for (let round = 0; round < 20; round++) {
        const results = await Promise.allSettled(
          servers.map(server => server.put(`/k/${round}`, bytes('x'), { expect: 'absent' })),
        )
        expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      }
    })

    test('a watch goes on at a server that was started later', async () => {
      const prefix = `/test-${stores++}`
      const a = await open(prefix)
      const from = (await a.put('/k/x', bytes('1'))).modRevision
      await a.put('/k/x', bytes('2'))
      await a.delete('/k/x')
      const b = await open(prefix)
      const seen: string[] = []
      b.subscribe('/k/', from, events =>
        seen.push(...events.map(({ type, previous, current }) => `${type} ${text(previous)}>${text(current)}`)),
      )
      expect(seen).toEqual(['put 1>2', 'delete 2>undefined'])
    })
  })

  test('a key with a time to live goes by itself, and everybody hears of it', async () => {
    const storage = await open(`/test-${stores++}`)
    const gone = new Promise<number>(resolve => {
      storage.subscribe('/k/', storage.revision(), events => {
        for (const { type, revision } of events) if (type === 'delete') resolve(revision)
      })
    })
    await storage.put('/k/event', bytes('x'), { timeToLive: 1000 })
    expect(await gone).toBeGreaterThan(0)
    expect(await storage.get('/k/event')).toBeUndefined()
  })

  test('an etcd that wants users takes the name in the certificate that it is shown for one', async () => {
    const own = await EtcdServer.start()
    const base64 = (text: string) => Buffer.from(text).toString('base64')
    const range = (from: string, to?: string) => ({ key: base64(from), ...(to && { range_end: base64(to) }) })
    for (const name of ['root', 'cluster', 'stranger']) {
      await own.ask('auth/user/add', { name, options: { no_password: true } })
      await own.ask('auth/role/add', { name })
      await own.ask('auth/user/grant', { user: name, role: name })
    }
    for (const place of [range('/registry/', '/registry0'), range('compact_rev_key')])
      await own.ask('auth/role/grant', { name: 'cluster', perm: { permType: 'READWRITE', ...place } })
    await own.ask('auth/enable', {})
    await own.kill()
    const now = systemClock.now()
    const authority = newAuthority('etcd-ca', now, 1)
    const leaf = { now, days: 1 }
    const hosts = ['127.0.0.1']
    const server = issueCertificate(authority, { ...leaf, commonName: 'etcd', usage: 'server', hosts })
    await own.requireCertificates(authority.certificate, server)
    await own.restart()
    const openAs = (commonName: string) => {
      const { certificate: cert, key } = issueCertificate(authority, { ...leaf, commonName, usage: 'client' })
      const tls = { ca: authority.certificate, cert, key }
      return open('', { endpoints: [own.url], directory: '/registry/', tls, compactEvery: 600_000 })
    }
    try {
      const storage = await openAs('cluster')
      await storage.put('/registry/a', bytes('1'), { timeToLive: 60_000 })
      expect(text(await storage.get('/registry/a'))).toBe('1')
      await expect(storage.put('/elsewhere', bytes('1'))).rejects.toThrow('permission denied')
      await expect(openAs('stranger')).rejects.toThrow('permission denied')
      await storage.close()
    } finally {
      await own.stop()
    }
  })

  test('an etcd that is killed and comes back is followed without a gap', async () => {
    const own = await EtcdServer.start()
    const options = { endpoints: [own.url] }
    const storage = await open('', options)
    const other = await open('', options)
    try {
      const seen: string[] = []
      storage.subscribe('/k/', storage.revision(), events => seen.push(...events.map(e => text(e.current)!)))
      await storage.put('/k/x', bytes('1'))
      await own.kill()
      const writing = other.put('/k/x', bytes('2'))
      await own.restart()
      await writing
      await other.put('/k/x', bytes('3'))
      await storage.sync()
      expect(seen).toEqual(['1', '2', '3'])
    } finally {
      await storage.close()
      await other.close()
      await own.stop()
    }
  })

  test('history that was compacted while etcd could not be followed is told as lost, and everything goes on', async () => {
    const relay = await Relay.open(etcd.url)
    const prefix = `/test-${stores++}`
    const [storage, other] = [await open(prefix, { endpoints: [relay.url] }), await open(prefix)]
    let lost = 0
    await storage.put('/k/x', bytes('1'))
    storage.subscribe(
      '/k/',
      storage.revision(),
      () => {},
      () => lost++,
    )
    await relay.close()
    for (let n = 0; n < 5; n++) await other.put('/k/x', bytes(String(n)))
    await other.compact(other.revision())
    await relay.reopen()
    await storage.sync()
    expect([lost, storage.revision(), storage.compacted()]).toEqual([1, other.revision(), other.revision()])
    expect(text(await storage.get('/k/x'))).toBe('4')
    await storage.put('/k/x', bytes('5'))
    await storage.close()
    await relay.close()
  })
})
