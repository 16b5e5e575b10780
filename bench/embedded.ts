/** Clusters in the caller's process: how long until a client is answered, what twenty of them take, how long a reset takes. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { TestCluster } from '../src/embedding/index.js'
import { median } from './bench.js'

type Library = typeof import('../src/embedding/index.js')

const clusters = 20
const objects = 1000
const rounds = 7

async function milliseconds(body: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await body()
  return performance.now() - began
}

const row = (name: string, values: readonly number[], goal: string): string =>
  `${name.padEnd(38)} ${median(values).toFixed(1).padStart(8)} ms, worst ${Math.max(...values).toFixed(1)} (goal ${goal})`

async function fill({ client }: TestCluster, { kinds }: Library): Promise<void> {
  const create = (n: number) =>
    client.create(kinds.configMap, {
      ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `settings-${n}`, namespace: 'default' } },
      data: { text: 'x'.repeat(200) },
    })
  await Promise.all(Array.from({ length: objects }, (_, n) => create(n)))
}

/** Loads the built library, `dist/index.js` of the current directory's checkout. Prints as it goes. */
export async function benchEmbedded(say: (line: string) => void): Promise<void> {
  const library: Library = await import(pathToFileURL(join(process.cwd(), 'dist/index.js')).href)
  const running: TestCluster[] = []
  const starts: number[] = []
  for (let n = 0; n < clusters; n++)
    starts.push(
      await milliseconds(async () => {
        const cluster = await library.startCluster()
        running.push(cluster)
        await cluster.client.list(library.kinds.namespace)
      }),
    )
  say(`first cluster of the process: ${starts[0]!.toFixed(0)} ms`)
  say(row('startCluster to an answered request', starts.slice(5), '150'))
  say(`${clusters} clusters: ${(process.memoryUsage.rss() / 1e6).toFixed(0)} MB resident (goal 400)`)
  const cluster = running[0]!
  const [resets, forks]: number[][] = [[], []]
  for (let round = 0; round < rounds; round++) {
    await fill(cluster, library)
    forks!.push(await milliseconds(async () => running.push(await cluster.fork())))
    resets!.push(await milliseconds(() => cluster.reset()))
  }
  say(row(`reset with ${objects} objects`, resets!.slice(2), '10'))
  say(row(`fork with ${objects} objects`, forks!.slice(2), '150'))
  await Promise.all(running.map(each => each.stop()))
}
