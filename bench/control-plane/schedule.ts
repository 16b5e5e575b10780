/** `schedule`: pods wait, a scheduler is started, and binds them: from the start of its process to its last binding. */
import { runLoad } from '../http.js'
import type { PlaneBenchmark } from './benchmark.js'
import { countdown, measurePlane, quiet } from './measure.js'
import { makeNodes } from './nodes.js'
import type { Trial } from './trial.js'
import { boundPods, openWatch } from './watch.js'

const clients = 16

const waitingPod = (n: number): string =>
  JSON.stringify({
    ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: `pod-${n}`, labels: { app: `app-${n % 20}` } } },
    spec: {
      containers: [
        {
          ...{ name: 'main', image: 'registry.example/app:1.2.3' },
          resources: { requests: { cpu: '100m', memory: '128Mi' } },
        },
      ],
    },
  })

async function schedule(trial: Trial) {
  const { plane, pods, say } = trial
  await makeNodes(trial)
  const path = '/api/v1/namespaces/default/pods'
  await runLoad(plane, { clients, total: pods, call: n => ({ method: 'POST', path, body: waitingPod(n) }) })
  await quiet(plane)
  say('begins')
  const sample = await measurePlane(trial, async begin => {
    begin(await plane.startScheduler())
    const { at, all } = countdown('bound', trial)
    const bound = new Set<string>()
    await openWatch(trial, boundPods, (_, { metadata }) => at(bound.add(metadata.uid).size))
    await all
  })
  return { schedule: sample }
}

export const scheduleBenchmark: PlaneBenchmark = {
  titles: [{ name: 'schedule', unit: 'pod', goal: 1 / 4, judged: 'wall', limit: '20 µs a scan, 100 µs a bind' }],
  sizes: [100, 1_000, 5_000],
  podsOn: nodes => Math.min(nodes * 50, nodes >= 5_000 ? 5_000 : 10_000),
  sample: schedule,
}
