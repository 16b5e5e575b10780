/**
 * `npm run bench podstart up full-node idle-node [-- --rounds N]`: pods on Docker, beside what Docker takes for the same containers.
 * Wall time says something only on a machine with nothing else to do; CPU is that of our process alone.
 */
import { parseArgs } from 'node:util'
import { median } from './bench.js'
import { eventually, startPodCluster } from './nodes/cluster.js'
import { openRawDocker } from './nodes/raw-docker.js'

const say = (text: string) => process.stdout.write(`${text}\n`)
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '5' }, seconds: { type: 'string', default: '30' } },
})
const rounds = Number(values.rounds)
const pause = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms))
const names = (count: number, prefix: string) => Array.from({ length: count }, (_, i) => `${prefix}-${i}`)
const ms = (list: readonly number[]) => `${Math.round(median([...list]))} ms (worst ${Math.round(Math.max(...list))})`

/** Ours and Docker's own in turn. The first round warms up and does not count. */
async function podstart(): Promise<void> {
  await using cluster = await startPodCluster()
  await using raw = await openRawDocker()
  for (const count of [1, 10, 50]) {
    const [ours, docker, cpu]: [number[], number[], number[]] = [[], [], []]
    for (let round = 0; round <= rounds; round++) {
      const before = cluster.cpu()
      const wall = await cluster.run(names(count, `p${round}`), {})
      const used = cluster.cpu() - before
      await cluster.removeAll()
      const without = await raw.run(count)
      await raw.removeAll()
      if (round === 0) continue
      ours.push(wall)
      docker.push(without)
      cpu.push((used / count) * 1000)
    }
    const ratio = median(ours) / median(docker)
    say(
      `podstart ${count}: to Running ${ms(ours)}, raw ${ms(docker)}, ${ratio.toFixed(2)} ×; our CPU ${median(cpu).toFixed(1)} ms a pod`,
    )
  }
}

/** From nothing running to the first line of a pod that has asked the cluster's DNS. */
async function up(): Promise<void> {
  const walls: number[] = []
  const cpus: number[] = []
  for (let round = 0; round <= rounds; round++) {
    await using cluster = await startPodCluster()
    const script =
      'until nslookup kubernetes.default.svc.cluster.local >/dev/null; do :; done; echo ready; sleep 100000'
    const containers = [{ name: 'main', image: 'busybox:1.36', command: ['sh', '-c', script] }]
    await cluster.run(['first'], { containers })
    await eventually(async () => ((await cluster.logs('first')).includes('ready') ? true : undefined))
    if (round > 0) walls.push(performance.now() - cluster.startedAt)
    if (round > 0) cpus.push(cluster.cpu() * 1000)
  }
  say(`up: to the first line of a pod, DNS included: ${ms(walls)}; our CPU ${ms(cpus)}`)
}

const fullNode = 110

async function full(): Promise<void> {
  await using cluster = await startPodCluster()
  const before = cluster.cpu()
  const wall = await cluster.run(names(fullNode, 'p'), {})
  say(
    `full-node: ${fullNode} pods Running in ${(wall / 1000).toFixed(1)} s; our CPU ${(cluster.cpu() - before).toFixed(1)} s`,
  )
}

const idlePods = 20
/** What a start leaves behind is over by then. */
const settleMs = 15_000

async function idle(): Promise<void> {
  await using cluster = await startPodCluster()
  await cluster.run(names(idlePods, 'p'), {})
  await pause(settleMs)
  const [before, begin] = [cluster.cpu(), performance.now()]
  await pause(Number(values.seconds) * 1000)
  const share = (cluster.cpu() - before) / ((performance.now() - begin) / 1000)
  say(`idle-node: ${idlePods} pods, ${(share * 100).toFixed(2)} % of a core over ${values.seconds} s`)
}

const benchmarks: Record<string, () => Promise<void>> = { podstart, up, 'full-node': full, 'idle-node': idle }
for (const name of positionals) await benchmarks[name]?.()
