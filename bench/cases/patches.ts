/** `patch` and `apply`: changes to pods that are there, from 16 connections, each of a pod that nobody else is changing. */
import type { Benchmark } from '../bench.js'
import { beginLoad, runLoad } from '../http.js'
import { benchPod } from '../pod.js'
import { ensureNamespace, fillNamespace } from './objects.js'

const clients = 16
const pods = 500
const podPath = (namespace: string, n: number) => `/api/v1/namespaces/${namespace}/pods/pod-${n % pods}`

/** What `kubectl patch` and most controllers send: a label, an annotation and an image, with the list merged by key. */
const strategicPatch = (mark: string) =>
  JSON.stringify({
    metadata: { labels: { mark }, annotations: { note: `changed by ${mark}` } },
    spec: { containers: [{ name: 'main', image: `registry.example/app:${mark}` }] },
  })

export const patch: Benchmark = {
  name: 'patch',
  unit: 'patch',
  sizes: [2_000],
  goal: 1 / 5,
  limit: 'as create, plus the merge',
  prepare: server => fillNamespace(server, 'patch', pods),
  begin: (server, size, round) =>
    beginLoad(server, {
      clients,
      total: size,
      call: n => ({
        method: 'PATCH',
        path: podPath('patch', n),
        body: strategicPatch(`r${round}-${n}`),
        contentType: 'application/strategic-merge-patch+json',
      }),
    }),
}

/** The whole of what the manager wants, as `kubectl apply --server-side` sends it. */
const applyCall = (n: number, image: string) => ({
  method: 'PATCH',
  path: `${podPath('apply', n)}?fieldManager=bench&force=true`,
  body: benchPod(n % pods).replace('registry.example/app:1.2.3', `registry.example/app:${image}`),
  contentType: 'application/apply-patch+yaml',
})

export const apply: Benchmark = {
  name: 'apply',
  unit: 'apply',
  sizes: [2_000],
  goal: 1 / 5,
  limit: 'as create, plus the merge',
  async prepare(server) {
    await ensureNamespace(server, 'apply')
    await runLoad(server, { clients, total: pods, call: n => applyCall(n, 'new') })
  },
  begin: (server, size, round) =>
    beginLoad(server, { clients, total: size, call: n => applyCall(n, `r${round}-${n}`) }),
}
