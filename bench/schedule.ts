/** The scheduler alone, on a server in memory: what a pod costs as nodes become many, and what each strategy makes of one workload. */
import { systemClock as clock } from '../src/cli/system.js'
import { newInformerFactory } from '../src/client/informer-factory.js'
import { SeededRandom } from '../src/machinery/fake-clock.js'
import { FakeApi } from '../src/scheduler/fake-api.js'
import { startScheduler } from '../src/scheduler/index.js'
import { newNode, newPod } from '../src/scheduler/scheduler-testing.js'
import { silentLogger } from '../src/telemetry/logger.js'
import { newMetricRegistry } from '../src/telemetry/metrics.js'

interface Shape {
  cpu: number
  memory: number
}

interface Plan {
  nodes: readonly Shape[]
  pods: readonly Shape[]
  schedulerName?: string
}

interface Outcome {
  /** Indexes of nodes by pod; undefined where it was left over. */
  placed: readonly (number | undefined)[]
  cpuMicrosAPod: number
  wallMs: number
}

const quantities = ({ cpu, memory }: Shape) => ({ cpu: `${cpu}m`, memory: `${memory}Mi` })
const pause = () => new Promise<void>(resolve => setTimeout(resolve, 1))

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await pause()
}

/** Pods come all at once; done when each has a node, or was turned away. */
async function place({ nodes, pods, schedulerName = 'default-scheduler' }: Plan): Promise<Outcome> {
  const api = new FakeApi()
  const shared = { client: api.client, clock, random: new SeededRandom(), log: silentLogger }
  const informers = newInformerFactory(shared)
  for (const [i, shape] of nodes.entries()) api.addNode(newNode(`node-${i}`, quantities(shape)))
  const scheduler = startScheduler({ ...shared, informers, metrics: newMetricRegistry() })
  informers.start()
  await informers.synced()
  await pause()
  const [began, cpu] = [clock.monotonic(), process.cpuUsage()]
  for (const [i, shape] of pods.entries()) api.addPod(newPod(`pod-${i}`, { ...quantities(shape), schedulerName }))
  let decided = 0
  const isDecided = (i: number) => {
    const { spec, status } = api.pod(`pod-${i}`) ?? {}
    return Boolean(spec?.nodeName) || status?.conditions?.some(({ type }) => type === 'PodScheduled') === true
  }
  // Looking costs as well: each pod is looked at until it is decided, and never again.
  await until(() => {
    while (decided < pods.length && isDecided(decided)) decided++
    return decided === pods.length
  })
  const { user, system } = process.cpuUsage(cpu)
  const wallMs = clock.monotonic() - began
  scheduler.stop()
  informers.stop()
  const placed = pods.map((_, i) => {
    const name = api.pod(`pod-${i}`)?.spec.nodeName
    return name === undefined ? undefined : Number(name.slice('node-'.length))
  })
  return { placed, cpuMicrosAPod: (user + system) / pods.length, wallMs }
}

const alike = (count: number, shape: Shape): Shape[] => Array.from({ length: count }, () => shape)
const say = (line: string) => process.stdout.write(`${line}\n`)
const row = (cells: readonly (string | number)[], width = 14) => say(cells.map(c => String(c).padEnd(width)).join(' '))

const sizes = [100, 1_000, 5_000]
const podsPlaced = 5_000

/** CPU a pod at each number of nodes, the fastest of some rounds: others may be at work on the machine. */
export async function benchGrowth(rounds = 3): Promise<void> {
  row(['nodes', 'pods', 'CPU a pod', 'growth'])
  let before: number | undefined
  for (const count of sizes) {
    const pods = Math.min(podsPlaced, count * 50)
    let best = Number.POSITIVE_INFINITY
    for (let round = 0; round <= rounds; round++) {
      const plan = {
        nodes: alike(count, { cpu: 32_000, memory: 65_536 }),
        pods: alike(pods, { cpu: 100, memory: 128 }),
      }
      const { cpuMicrosAPod } = await place(plan)
      best = Math.min(best, cpuMicrosAPod)
    }
    row([count, pods, `${best.toFixed(0)} µs`, before === undefined ? '' : `× ${(best / before).toFixed(2)}`])
    before = best
  }
}

/** Nodes of two sizes; pods from small to half a node, and some more of them than fit. */
function mixed(): { nodes: Shape[]; pods: Shape[] } {
  const random = new SeededRandom(11)
  const nodes = [...alike(100, { cpu: 4_000, memory: 8_192 }), ...alike(50, { cpu: 16_000, memory: 32_768 })]
  const pods = Array.from({ length: 1_500 }, () => {
    const cpu = 100 + Math.floor(random.next() ** 3 * 3_000)
    return { cpu, memory: Math.floor(cpu * (0.5 + 3 * random.next())) }
  })
  return { nodes, pods }
}

/** Of one resource: how full the nodes are that hold pods, and how unlike (deviation over mean) all nodes are. */
function measure(nodes: readonly Shape[], pods: readonly Shape[], placed: Outcome['placed']) {
  const used = nodes.map(() => 0)
  for (const [i, node] of placed.entries()) if (node !== undefined) used[node] = (used[node] ?? 0) + pods[i]!.cpu
  const shares = nodes.map(({ cpu }, i) => used[i]! / cpu)
  const busy = shares.filter(share => share > 0)
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length
  const variance = shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / shares.length
  const taken = nodes.reduce((sum, { cpu }, i) => sum + (used[i] ? cpu : 0), 0)
  const total = used.reduce((sum, cpu) => sum + cpu, 0)
  return { nodesUsed: busy.length, utilisation: total / taken, spread: Math.sqrt(variance) / mean }
}

const strategies = [
  ...['default-scheduler', 'least-loaded', 'round-robin'],
  ...['bin-packing', 'dominant-resource', 'min-cost-flow'],
]

/** The same pods, half of them at first and then more than fit, by each strategy. */
export async function benchStrategies(): Promise<void> {
  const { nodes, pods } = mixed()
  for (const count of [400, pods.length]) {
    say(`\n${count} pods on ${nodes.length} nodes`)
    row(['strategy', 'left over', 'nodes used', 'CPU used there', 'spread', 'CPU a pod', 'time'], 18)
    for (const schedulerName of strategies) {
      const some = pods.slice(0, count)
      const { placed, cpuMicrosAPod, wallMs } = await place({ nodes, pods: some, schedulerName })
      const { nodesUsed, utilisation, spread } = measure(nodes, some, placed)
      const left = placed.filter(node => node === undefined).length
      row(
        [
          ...[schedulerName, left, nodesUsed, `${(utilisation * 100).toFixed(1)} %`],
          ...[spread.toFixed(2), `${cpuMicrosAPod.toFixed(0)} µs`, `${wallMs.toFixed(0)} ms`],
        ],
        18,
      )
    }
  }
}
