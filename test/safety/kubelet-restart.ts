/** Kills the whole process again and again while twenty pods run and others come and go: none of their containers may notice. */
import { labelNames } from '../../src/kubelet/runtime/docker/labels.js'
import { TestCluster } from '../e2e/harness/cluster.js'
import { eventually, run } from '../e2e/harness/run.js'
import { type Chance, newChance } from './random.js'

export interface KubeletRestartOptions {
  /** The built minik8s. */
  program: string
  kills: number
  seed: number
  say(text: string): void
}

interface Found {
  id: string
  isRunning: boolean
  podUid: string
  /** Empty for a sandbox. */
  container: string
}

const steadyPods = 20
const longestLifeMs = 1_500
/** Within it the process is killed while it starts, too. */
const longestStartMs = 800
/** The first process of a container ignores SIGTERM otherwise. */
const endsAtOnce = `['sh', '-c', 'trap exit TERM; while :; do sleep 1; done']`

const workload = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 14
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web, steady: 'true' } }
    spec:
      initContainers: [{ name: prepare, image: 'busybox:1.36', command: ['true'] }]
      containers:
        - name: main
          image: busybox:1.36
          command: ${endsAtOnce}
          livenessProbe: { exec: { command: ['true'] }, periodSeconds: 10, failureThreshold: 10 }
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: db }
spec:
  serviceName: db
  replicas: 4
  podManagementPolicy: Parallel
  selector: { matchLabels: { app: db } }
  template:
    metadata: { labels: { app: db, steady: 'true' } }
    spec:
      initContainers: [{ name: side, restartPolicy: Always, image: 'busybox:1.36', command: ${endsAtOnce} }]
      containers: [{ name: main, image: 'busybox:1.36', command: ${endsAtOnce} }]
${['one', 'two']
  .map(
    name => `---
apiVersion: v1
kind: Pod
metadata: { name: ${name}, labels: { steady: 'true' } }
spec:
  restartPolicy: Never
  containers:
    - { name: main, image: 'busybox:1.36', command: ${endsAtOnce} }
    - { name: other, image: 'busybox:1.36', command: ${endsAtOnce} }
`,
  )
  .join('')}`

const passing = (name: string) => `
apiVersion: v1
kind: Pod
metadata: { name: ${name} }
spec:
  terminationGracePeriodSeconds: 1
  containers: [{ name: main, image: 'busybox:1.36', command: ${endsAtOnce} }]
`

const after = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms))

class RestartCheck {
  readonly #cluster: TestCluster
  readonly #chance: Chance
  readonly #options: KubeletRestartOptions
  readonly #violations = new Set<string>()

  constructor(options: KubeletRestartOptions, cluster: TestCluster) {
    this.#options = options
    this.#cluster = cluster
    this.#chance = newChance(options.seed)
  }

  /** Sentences that say what went wrong. */
  async run(): Promise<ReadonlySet<string>> {
    const { kills, say } = this.#options
    const cluster = this.#cluster
    await cluster.start()
    await cluster.apply(workload)
    await eventually('twenty pods are ready', async () => (await this.#readyPods()) === steadyPods, 180_000)
    const [statuses, steady] = [await this.#steadyStatuses(), await this.#containers()]
    say(`  ${steadyPods} pods run in ${steady.length} containers`)
    for (let done = 0; done < kills; ) {
      done += await this.#round(done)
      await this.#compare(steady, `after kill ${done}`)
      if (done % 10 < 2) say(`  ${done} kills`)
    }
    await cluster.kubectl('delete', 'pods', '-l', '!steady', '--wait=false', '--ignore-not-found')
    await eventually('pods that passed are gone', async () => (await this.#containers()).length <= steady.length).catch(
      error => this.#violations.add(`orphans: ${error.message}`),
    )
    await this.#compare(steady, 'at the end')
    const now = await eventually('statuses are as before', async () => {
      const found = await this.#steadyStatuses()
      return found === statuses && found
    }).catch(() => this.#steadyStatuses())
    if (now !== statuses) this.#violations.add(`container ids or restarts differ:\n${statuses}\n${now}`)
    return this.#violations
  }

  /** One pod comes while another goes; then the kill, sometimes with a second one while it starts again. Answers the kills. */
  async #round(done: number): Promise<number> {
    const cluster = this.#cluster
    await cluster.apply(passing(`passing-${done}`))
    await cluster.kubectl(
      'delete',
      'pods',
      '-l',
      `!steady`,
      '--field-selector',
      `metadata.name!=passing-${done}`,
      '--wait=false',
    )
    await after(this.#chance.below(longestLifeMs))
    await cluster.stop('SIGKILL')
    let kills = 1
    if (this.#chance.oneIn(3) && done + kills < this.#options.kills) {
      const starting = cluster.start().catch(() => '')
      await after(this.#chance.below(longestStartMs))
      await cluster.stop('SIGKILL')
      await starting
      kills++
    }
    await cluster.start()
    return kills
  }

  async #compare(steady: readonly Found[], when: string): Promise<void> {
    const now = await this.#containers()
    const running = now.filter(({ isRunning }) => isRunning)
    const runningIds = new Set(running.map(({ id }) => id))
    const lost = steady.filter(({ id, isRunning }) => isRunning && !runningIds.has(id))
    for (const { id, container } of lost) this.#violations.add(`${when}: container ${id} (${container}) no longer runs`)
    const copies = new Map<string, number>()
    for (const { podUid, container } of running) {
      const key = `${container || 'sandbox'} of ${podUid}`
      copies.set(key, (copies.get(key) ?? 0) + 1)
    }
    for (const [key, count] of copies) if (count > 1) this.#violations.add(`${when}: ${count} copies of ${key}`)
  }

  async #readyPods(): Promise<number> {
    const path = 'jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}'
    const ready = await this.#cluster.kubectl('get', 'pods', '-l', 'steady', '-o', path)
    return ready.split(' ').filter(status => status === 'True').length
  }

  /** A line a container: pod, container id, restarts. */
  #steadyStatuses(): Promise<string> {
    const statuses = ['initContainerStatuses', 'containerStatuses']
      .map(field => `{range .status.${field}[*]}{.name} {.containerID} {.restartCount}{"\\n"}{end}`)
      .join('')
    const template = `jsonpath={range .items[*]}{.metadata.name}{"\\n"}${statuses}{end}`
    return this.#cluster.kubectl('get', 'pods', '-l', 'steady', '--sort-by=.metadata.name', '-o', template)
  }

  async #containers(): Promise<Found[]> {
    const ids = await this.#cluster.dockerIds()
    if (ids.length === 0) return []
    const { podUid, container } = labelNames
    const format = `{{.Id}};{{.State.Running}};{{index .Config.Labels "${podUid}"}};{{index .Config.Labels "${container}"}}`
    // One that goes while it is asked about is not there.
    const { stdout } = await run('docker', ['inspect', '--format', format, ...ids])
    return stdout
      .split('\n')
      .filter(Boolean)
      .map(line => {
        const [id = '', isRunning, uid = '', name = ''] = line.split(';')
        return { id, isRunning: isRunning === 'true', podUid: uid, container: name }
      })
  }
}

/** Resolves with sentences that say what went wrong. */
export async function playKubeletRestart(options: KubeletRestartOptions): Promise<Iterable<string>> {
  await using cluster = new TestCluster({ program: options.program })
  options.say(`  ${options.kills} kills`)
  return await new RestartCheck(options, cluster).run()
}
