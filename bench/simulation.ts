/** `simulation`: how long, and with what, thousands of pods are Running on simulated nodes: API server, controllers, scheduler and all kubelets in one process. */
import { once } from 'node:events'
import type { ClientHttp2Session } from 'node:http2'
import { connectSession, request } from './http.js'
import { startMinik8s } from './servers/minik8s.js'
import { type BenchServer, cpuSeconds, residentBytes } from './servers/server.js'

export interface SimulationSize {
  nodes: number
  deployments: number
  /** Of each deployment. */
  replicas: number
}

export const wholeSimulation: SimulationSize = { nodes: 1000, deployments: 100, replicas: 200 }
export const smokeSimulation: SimulationSize = { nodes: 20, deployments: 4, replicas: 50 }

const deploymentsPath = '/apis/apps/v1/namespaces/default/deployments'
const pollMs = 500

const deployment = (n: number, replicas: number) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: `web-${n}` },
  spec: {
    replicas,
    selector: { matchLabels: { app: `web-${n}` } },
    template: {
      metadata: { labels: { app: `web-${n}` } },
      spec: {
        containers: [{ name: 'web', image: 'web:1', resources: { requests: { cpu: '10m', memory: '16Mi' } } }],
      },
    },
  },
})

async function getItems<T>(session: ClientHttp2Session, path: string): Promise<T[]> {
  const { body } = await request(session, {}, { path })
  return (JSON.parse(body.toString()) as { items: T[] }).items
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise(resolve => setTimeout(resolve, pollMs))
}

interface Conditions {
  status?: { conditions?: { type: string; status: string }[] }
}
const isReady = ({ status }: Conditions) => status?.conditions?.some(c => c.type === 'Ready' && c.status === 'True')

/** Prints as it goes: seconds, CPU seconds and resident memory of the one process. */
async function measureOn(server: BenchServer, size: SimulationSize, say: (line: string) => void): Promise<void> {
  const { nodes, deployments, replicas } = size
  const session = connectSession(server)
  await once(session, 'connect')
  const began = performance.now() - server.startMs
  const tell = (what: string) => {
    const wall = ((performance.now() - began) / 1000).toFixed(1)
    const cpu = cpuSeconds(server.pids).toFixed(1)
    say(
      `${what.padEnd(28)} ${wall.padStart(8)} s ${cpu.padStart(8)} s CPU ${(residentBytes(server.pids) / 1e6).toFixed(0).padStart(6)} MB`,
    )
  }
  try {
    await until(async () => (await getItems<Conditions>(session, '/api/v1/nodes')).filter(isReady).length === nodes)
    tell(`${nodes} nodes Ready`)
    for (let n = 0; n < deployments; n++) {
      const body = JSON.stringify(deployment(n, replicas))
      const { status } = await request(session, {}, { method: 'POST', path: deploymentsPath, body })
      if (status !== 201) throw new Error(`deployment ${n}: ${status}`)
    }
    await until(async () => {
      const items = await getItems<{ status?: { readyReplicas?: number } }>(session, deploymentsPath)
      return items.every(({ status }) => status?.readyReplicas === replicas)
    })
    tell(`${deployments * replicas} pods Running`)
    await new Promise(resolve => setTimeout(resolve, settleMs))
    const before = cpuSeconds(server.pids)
    await new Promise(resolve => setTimeout(resolve, idleMs))
    tell(`idle, ${(((cpuSeconds(server.pids) - before) * 1e5) / idleMs).toFixed(0)} % of a core`)
  } finally {
    session.destroy()
  }
}
const settleMs = 5_000
const idleMs = 20_000

export async function benchSimulation(size: SimulationSize, say: (line: string) => void): Promise<void> {
  const server = await startMinik8s({ flags: ['--runtime', 'sim', '--nodes', String(size.nodes)] })
  await measureOn(server, size, say).finally(() => server.stop())
}
