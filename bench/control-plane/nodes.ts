/** Nodes that nobody stands behind: objects that say they are Ready and have room. */
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { connectSession, request, runLoad } from '../http.js'
import type { Trial } from './trial.js'

const clients = 16
const zones = 3

function simulatedNode(n: number): string {
  const now = `${new Date().toISOString().slice(0, 19)}Z`
  const room = { cpu: '32', memory: '64Gi', pods: '110' }
  const name = `node-${n}`
  return JSON.stringify({
    ...{ apiVersion: 'v1', kind: 'Node' },
    metadata: {
      name,
      labels: { 'kubernetes.io/hostname': name, 'topology.kubernetes.io/zone': `zone-${n % zones}` },
    },
    status: {
      ...{ capacity: room, allocatable: room },
      conditions: [
        {
          ...{ type: 'Ready', status: 'True', reason: 'KubeletReady', message: '' },
          ...{ lastHeartbeatTime: now, lastTransitionTime: now },
        },
      ],
    },
  })
}

interface Tainted {
  items: { spec: { taints?: unknown[] } }[]
}

/** Resolves when the controllers have let pods go to all of the trial's. */
export async function makeNodes({ plane, nodes, signal, say }: Trial): Promise<void> {
  const path = '/api/v1/nodes'
  await runLoad(plane, { clients, total: nodes, call: n => ({ method: 'POST', path, body: simulatedNode(n) }) })
  const session = connectSession(plane)
  await once(session, 'connect')
  try {
    for (;;) {
      signal.throwIfAborted()
      const { body } = await request(session, plane.headers, { path })
      const { items } = JSON.parse(body.toString()) as Tainted
      if (items.length === nodes && items.every(({ spec }) => !spec.taints?.length)) break
      await pause(500)
    }
  } finally {
    session.destroy()
  }
  say('nodes are there')
}
