/** `density`: one Deployment from nothing to n Ready pods, and back to nothing. */
import { once } from 'node:events'
import { connectSession, request } from '../http.js'
import type { PlaneBenchmark } from './benchmark.js'
import { startKubelets } from './kubelets.js'
import { countdown, measurePlane, quiet } from './measure.js'
import { makeNodes } from './nodes.js'
import type { ControlPlane } from './plane.js'
import type { Trial } from './trial.js'
import { openWatch } from './watch.js'

const path = '/apis/apps/v1/namespaces/default/deployments'

const deployment = JSON.stringify({
  ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' } },
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: 'web' } },
    // No readiness is waited for beyond the first.
    strategy: { type: 'RollingUpdate' },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        containers: [
          {
            ...{ name: 'main', image: 'registry.example/app:1.2.3' },
            resources: { requests: { cpu: '100m', memory: '128Mi' } },
          },
        ],
      },
    },
  },
})

async function send(plane: ControlPlane, call: { method: string; path: string; body: string; contentType?: string }) {
  const session = connectSession(plane)
  await once(session, 'connect')
  try {
    const { status, body } = await request(session, plane.headers, call)
    if (status > 299) throw new Error(`${plane.name} answered ${status}: ${body.subarray(0, 300)}`)
  } finally {
    session.destroy()
  }
}

const scale = (plane: ControlPlane, replicas: number) =>
  send(plane, {
    ...{ method: 'PATCH', path: `${path}/web`, contentType: 'application/merge-patch+json' },
    body: JSON.stringify({ spec: { replicas } }),
  })

async function density(trial: Trial) {
  const { plane, pods, say } = trial
  await plane.startScheduler()
  await makeNodes(trial)
  await send(plane, { method: 'POST', path, body: deployment })
  const kubelets = await startKubelets(trial)
  let onReady: (count: number) => void = () => {}
  await openWatch(trial, { path: `${path}?watch=1` }, (_, { status }) => onReady(status?.readyReplicas ?? 0))
  await quiet(plane)
  say('begins')
  const up = await measurePlane(trial, async () => {
    const { at, all } = countdown('Ready', trial)
    onReady = at
    await scale(plane, pods)
    await all.catch(error => {
      throw kubelets.failure ?? error
    })
  })
  const down = await measurePlane(trial, async () => {
    await scale(plane, 0)
    await kubelets.whenGone()
  })
  return { 'density-up': up, 'density-down': down }
}

const title = { unit: 'pod', goal: 1 / 4, judged: 'wall', limit: 'four writes a pod' } as const

export const densityBenchmark: PlaneBenchmark = {
  titles: [
    { name: 'density-up', ...title },
    { name: 'density-down', ...title },
  ],
  sizes: [100, 1_000, 5_000],
  podsOn: nodes => Math.min(nodes * 30, 5_000),
  sample: density,
}
