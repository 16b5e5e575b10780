/** Clusters in the caller's process: how long until a client is answered, what twenty of them take, how long a reset takes. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { TestCluster } from '../src/embedding/index.js'
import { median } from './bench.js'

type Library = typeof import('../src/embedding/index.js')

const clusters = 20
const objects = 1000
const rounds = 7

/** Milliseconds: by the clock, and of this process's CPU, which a busy machine does not change. */
interface Taken {
  wall: number
  cpu: number
}

async function taken(body: () => Promise<unknown>): Promise<Taken> {
  const [began, cpu] = [performance.now(), process.cpuUsage()]
  await body()
  const wall = performance.now() - began
  const { user, system } = process.cpuUsage(cpu)
  return { wall, cpu: (user + system) / 1000 }
}

function row(name: string, values: readonly Taken[], goal: string): string {
  const walls = values.map(({ wall }) => wall)
  const cpu = median(values.map(each => each.cpu)).toFixed(1)
  const shown = median(walls).toFixed(1).padStart(8)
  return `${name.padEnd(38)} ${shown} ms, worst ${Math.max(...walls).toFixed(1)}, CPU ${cpu} ms (goal ${goal})`
}

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
  const starts: Taken[] = []
  for (let n = 0; n < clusters; n++)
    starts.push(
      await taken(async () => {
        const cluster = await library.startCluster()
        running.push(cluster)
        await cluster.client.list(library.kinds.namespace)
      }),
    )
  say(`first cluster of the process: ${starts[0]!.wall.toFixed(0)} ms, CPU ${starts[0]!.cpu.toFixed(0)} ms`)
  say(row('startCluster to an answered request', starts.slice(5), '150'))
  say(`${clusters} clusters: ${(process.memoryUsage.rss() / 1e6).toFixed(0)} MB resident (goal 400)`)
  const cluster = running[0]!
  const [resets, forks]: Taken[][] = [[], []]
  for (let round = 0; round < rounds; round++) {
    await fill(cluster, library)
    forks!.push(await taken(async () => running.push(await cluster.fork())))
    resets!.push(await taken(() => cluster.reset()))
  }
  say(row(`reset with ${objects} objects`, resets!.slice(2), '10'))
  say(row(`fork with ${objects} objects`, forks!.slice(2), '150'))
  await Promise.all(running.map(each => each.stop()))
}
