/** `create` and `get`: requests for single pods from 16 connections; and the namespaces that other benchmarks read. */
import type { Benchmark } from '../bench.js'
import { beginLoad, connectSession, request, runLoad } from '../http.js'
import { benchPod } from '../pod.js'
import type { BenchServer } from '../servers/server.js'

const clients = 16
export const podsOf = (namespace: string) => `/api/v1/namespaces/${namespace}/pods`

/** Creates the namespace and its default service account, which the stock server's admission wants and no controller makes here. */
export async function ensureNamespace(server: BenchServer, name: string): Promise<void> {
  const session = connectSession(server)
  const post = (path: string, body: object) =>
    request(session, server.headers, { method: 'POST', path, body: JSON.stringify(body) })
  await post('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  await post(`/api/v1/namespaces/${name}/serviceaccounts`, {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'default' },
  })
  session.destroy()
}

const filled = new WeakMap<BenchServer, Map<string, number>>()

/** Brings a namespace to `size` pods, once for each server. */
export async function fillNamespace(server: BenchServer, namespace: string, size: number): Promise<void> {
  const counts = filled.get(server) ?? new Map<string, number>()
  filled.set(server, counts)
  const have = counts.get(namespace)
  if (have === undefined) await ensureNamespace(server, namespace)
  const from = have ?? 0
  if (from >= size) return
  await runLoad(server, {
    clients,
    total: size - from,
    call: n => ({ method: 'POST', path: podsOf(namespace), body: benchPod(from + n) }),
  })
  counts.set(namespace, size)
}

/** Holds as many pods as the size says, for all benchmarks that read: they run in the order of sizes. */
export const many = 'many'

export const fillMany = (server: BenchServer, size: number): Promise<void> => fillNamespace(server, many, size)

export const create: Benchmark = {
  name: 'create',
  unit: 'pod',
  sizes: [2_000],
  goal: 1 / 4,
  limit: 'parse 14 + print 16 + HTTP 45 µs, one shared fsync',
  prepare: server => ensureNamespace(server, 'create'),
  begin: (server, size, round) =>
    beginLoad(server, {
      clients,
      total: size,
      call: n => ({ method: 'POST', path: podsOf('create'), body: benchPod(n, `pod-${round}-${n}`) }),
    }),
}

export const get: Benchmark = {
  name: 'get',
  unit: 'pod',
  sizes: [100, 1_000, 10_000],
  longSizes: [50_000],
  goal: 1 / 3,
  limit: 'HTTP 34 µs',
  prepare: fillMany,
  begin: (server, size) =>
    beginLoad(server, { clients, total: 4_000, call: n => ({ path: `${podsOf(many)}/pod-${(n * 7919) % size}` }) }),
}
