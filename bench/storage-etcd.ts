/** What the etcd engine costs beside the etcd behind it: writes that are durable, reads, and being up to date. */
import { openEtcdStorage } from '../src/storage/etcd/open.js'
import type { Storage } from '../src/storage/storage.js'
import { EtcdServer, findEtcd } from '../test/contract/etcd-server.js'
import { cpuSeconds } from './servers/server.js'
import { benchClock, benchLogger, type Load, writeLoad } from './storage.js'

/** CPU of both sides for each operation, in microseconds. */
async function measured(name: string, { pid }: EtcdServer, total: number, run: () => Promise<unknown>): Promise<void> {
  const [began, own, etcd] = [performance.now(), process.cpuUsage(), cpuSeconds([pid])]
  await run()
  const [ms, used] = [performance.now() - began, process.cpuUsage(own)]
  const ours = ((used.user + used.system) / total).toFixed(0)
  const theirs = (((cpuSeconds([pid]) - etcd) * 1e6) / total).toFixed(0)
  console.log(`${name}: ${Math.round((total / ms) * 1000)}/s, ${ours} µs of our CPU each, ${theirs} µs of etcd's`)
}

async function repeat(workers: number, total: number, work: (n: number) => Promise<unknown>): Promise<void> {
  let next = 0
  const worker = async () => {
    for (let n = next++; n < total; n = next++) await work(n)
  }
  await Promise.all(Array.from({ length: workers }, worker))
}

async function benchStore(storage: Storage, etcd: EtcdServer): Promise<void> {
  const loads: Load[] = [1, 16, 64].map(writers => ({ writers, size: 4096, total: writers === 1 ? 500 : 10_000 }))
  for (const load of loads)
    await measured(`etcd put: ${load.writers} writers, ${load.size} bytes`, etcd, load.total, () =>
      writeLoad(storage, load),
    )
  const keyOf = (n: number) => `/registry/pods/default/pod-${String(n % 10_000).padStart(7, '0')}`
  await measured('etcd get: 16 readers', etcd, 10_000, () => repeat(16, 10_000, n => storage.get(keyOf(n))))
  await measured('etcd sync: 16 readers', etcd, 20_000, () => repeat(16, 20_000, () => storage.sync!()))
  await measured('etcd list of 10,000', etcd, 5, () => repeat(1, 5, () => storage.list('/registry/pods/')))
}

/** Prints a line for each load; nothing where there is no etcd. */
export async function benchEtcd(): Promise<void> {
  if (!findEtcd()) return console.log('etcd: there is none; MINIK8S_STOCK_BIN names the directory of one')
  const etcd = await EtcdServer.start({ durable: true })
  try {
    const options = { clock: benchClock, log: benchLogger, endpoints: [etcd.url] }
    const storage = await openEtcdStorage(options)
    await benchStore(storage, etcd)
    await storage.close()
    const began = performance.now()
    await (await openEtcdStorage(options)).close()
    console.log(`etcd start on 10,000 objects, 5,000 revisions taken up: ${(performance.now() - began).toFixed(0)} ms`)
  } finally {
    await etcd.stop()
  }
}
