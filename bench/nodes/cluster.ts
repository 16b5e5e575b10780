/** A cluster with one node on Docker, for benchmarks of pods: the built program as a process, and a client beside it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pod as podKind, serviceAccount } from '../../src/apis/core-v1/index.js'
import type { Pod, PodSpec } from '../../src/apis/generated/core-v1.js'
import { systemClock as clock } from '../../src/cli/system.js'
import type { Client } from '../../src/client/client.js'
import { newHttpsClient } from '../../src/client/https.js'
import { readKubeconfig } from '../../src/client/kubeconfig.js'
import { freePort, startProcess, stopProcess } from '../servers/processes.js'
import { cpuSeconds } from '../servers/server.js'

const program = join(dirname(fileURLToPath(import.meta.url)), '../minik8s.js')
const pollMs = 20
const namespace = 'default'

export interface PodCluster extends AsyncDisposable {
  client: Client
  /** When the process was started, by `performance.now()`. */
  startedAt: number
  /** CPU seconds of the process so far. */
  cpu(): number
  /** Milliseconds until all of them run. */
  run(names: readonly string[], spec: Partial<PodSpec>): Promise<number>
  /** Resolves when none is left. */
  removeAll(): Promise<void>
  /** What the container has written so far. */
  logs(pod: string): Promise<string>
}

const pause = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms))

/** Tries until it answers something. */
export async function eventually<T>(probe: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const value = await probe().catch(() => undefined)
    if (value !== undefined) return value
    await pause(pollMs)
  }
}

const podOf = (name: string, spec: Partial<PodSpec>): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace },
  spec: {
    terminationGracePeriodSeconds: 1,
    containers: [{ name: 'main', image: 'busybox:1.36', command: ['sleep', '100000'] }],
    ...spec,
  },
})

/** A machine on which it takes longer says nothing about us. */
const longestRunMs = 180_000

async function watchUntilRunning(client: Client, wanted: ReadonlySet<string>): Promise<void> {
  const end = new AbortController()
  const left = new Set(wanted)
  const timer = setTimeout(() => end.abort(), longestRunMs)
  try {
    for await (const { object } of await client.watch<Pod>(podKind, { namespace }, end.signal)) {
      const { phase, reason } = object.status ?? {}
      if (phase === 'Failed') throw new Error(`pod ${object.metadata.name} has failed: ${reason}`)
      if (phase === 'Running') left.delete(object.metadata.name ?? '')
      if (left.size === 0) return
    }
    throw new Error(`${left.size} of ${wanted.size} pods do not run: ${[...left].slice(0, 5).join(', ')} …`)
  } finally {
    clearTimeout(timer)
    end.abort()
  }
}

/** Resolves when pods can be created; does not wait until nodes are ready. */
export async function startPodCluster(): Promise<PodCluster> {
  const dir = mkdtempSync(join(tmpdir(), 'minik8s-bench-pods-'))
  const args = [program, 'up', '--data-dir', dir, '--port', `${await freePort()}`, '--runtime', 'docker', '--rm']
  const startedAt = performance.now()
  const child = startProcess(process.execPath, args, { cwd: dir, log: join(dir, 'log') })
  // The containers go with it.
  const interrupted = () => void stopProcess(child).then(() => process.exit(1))
  process.once('SIGTERM', interrupted).once('SIGINT', interrupted)
  const connection = await eventually(() => readKubeconfig(join(dir, 'kubeconfig')))
  const client = newHttpsClient(connection, { clock })
  await eventually(() => client.get(serviceAccount, { namespace, name: 'default' }))
  return {
    client,
    startedAt,
    cpu: () => cpuSeconds([child.pid!]),
    async run(names, spec) {
      const begin = performance.now()
      const creating = names.map(name => client.create(podKind, podOf(name, spec)))
      await Promise.all([watchUntilRunning(client, new Set(names)), ...creating])
      return performance.now() - begin
    },
    async removeAll() {
      await client.deleteCollection(podKind, { namespace, gracePeriodSeconds: 0 })
      await eventually(async () => ((await client.list(podKind, { namespace })).items.length === 0 ? true : undefined))
    },
    async logs(pod) {
      const { request } = await import('node:https')
      const { server, ca, cert, key } = connection
      const url = `${server}/api/v1/namespaces/${namespace}/pods/${pod}/log`
      return new Promise((resolve, reject) => {
        const asked = request(url, { ca, cert, key } as object, answer => {
          let text = ''
          answer.on('data', chunk => {
            text += chunk
          })
          answer.on('end', () => (answer.statusCode === 200 ? resolve(text) : reject(new Error(text))))
        })
        asked.on('error', reject).end()
      })
    },
    async [Symbol.asyncDispose]() {
      client.close()
      process.off('SIGTERM', interrupted).off('SIGINT', interrupted)
      await stopProcess(child)
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
