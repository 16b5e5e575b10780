/** `create`, `get` and `list`: requests for pods from 16 connections. */
import type { Benchmark } from '../bench.js'
import { beginLoad, connectSession, request, runLoad } from '../http.js'
import { benchPod } from '../pod.js'
import type { BenchServer } from '../servers/server.js'

const clients = 16
const podsOf = (namespace: string) => `/api/v1/namespaces/${namespace}/pods`

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

export const create: Benchmark = {
  name: 'create',
  unit: 'pod',
  sizes: [2_000],
  goal: 1 / 4,
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
  sizes: [5_000],
  goal: 1 / 3,
  prepare: server => fillNamespace(server, 'get', 1_000),
  begin: (server, size) =>
    beginLoad(server, { clients, total: size, call: n => ({ path: `${podsOf('get')}/pod-${n % 1_000}` }) }),
}

export const list: Benchmark = {
  name: 'list',
  unit: 'list',
  sizes: [100, 1_000, 10_000],
  goal: 1 / 10,
  prepare: (server, size) => fillNamespace(server, `list-${size}`, size),
  begin: (server, size) =>
    beginLoad(server, {
      clients: 2,
      total: Math.max(10, 20_000 / size),
      call: () => ({ path: podsOf(`list-${size}`) }),
    }),
}
