/** A machine with no container engine at all: the pods of an example are processes of their own, and nothing of them stays behind. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { examples, program, TestCluster } from './harness/cluster.js'
import { eventually, output } from './harness/run.js'

const nobodyThere = { DOCKER_HOST: 'unix:///nowhere/docker.sock' }
const flags = ['--sim-nodes', '2']
const cluster = new TestCluster({ runtime: 'auto', env: nobodyThere, flags })
const stages = join(cluster.dataDir, 'stages.yaml')
flags.push('--sim-stages', stages)
const hello = join(examples, 'hello.yaml')

/** Namespaces take Linux, root, and a machine that lets us. */
const why =
  spawnSync('unshare', ['--mount', '--pid', '--net', '--fork', 'true']).status === 0 ? '' : 'needs root on Linux'
const theTest = why ? test.skip : test

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
const clusterId = (): string => JSON.parse(read(join(cluster.dataDir, 'cluster.json'))).id

/** The launchers of this cluster, and the programs that they started. */
function processes(): { launchers: string[]; programs: string[] } {
  const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name))
  const parentOf = (pid: string) => /^PPid:\s+(\d+)$/m.exec(read(`/proc/${pid}/status`))?.[1] ?? '0'
  const launchers = new Set(pids.filter(pid => read(`/proc/${pid}/cmdline`).includes(cluster.dataDir)))
  const server = [...launchers].find(pid => read(`/proc/${pid}/cmdline`).includes(program))
  launchers.delete(server ?? '')
  return { launchers: [...launchers], programs: pids.filter(pid => launchers.has(parentOf(pid))) }
}
const noProcesses = { launchers: [], programs: [] }

/** Names of all that a cluster has in the kernel beside its processes. */
const mounts = () =>
  read('/proc/self/mounts')
    .split('\n')
    .filter(line => line.includes(cluster.dataDir))
const network = '/sys/class/net'
function links(): string[] {
  const bridge = `mk8s-${clusterId()}`
  const plugged = existsSync(join(network, bridge)) ? readdirSync(join(network, bridge, 'brif')) : []
  return [bridge, ...plugged].filter(name => existsSync(join(network, name)))
}
const groups = () =>
  spawnSync('find', ['/sys/fs/cgroup', '-type', 'd', '-path', `*minik8s/${clusterId()}*`], { encoding: 'utf8' }).stdout

const simulationStages = `
apiVersion: minik8s.dev/v1alpha1
kind: SimulationStages
stages: [{ match: { pod: 'fails-*' }, runSeconds: 0.1, exitCode: 7, logs: "no luck\\n" }]
`
const simulatedPod = `
apiVersion: v1
kind: Pod
metadata: { name: fails-soon }
spec:
  restartPolicy: Never
  nodeSelector: { kubernetes.io/hostname: sim-2 }
  tolerations: [{ key: minik8s.dev/simulated, operator: Exists }]
  containers: [{ name: main, image: 'not/there:1' }]
`

const inPod = (code: string) => cluster.kubectl('exec', 'deployment/hello', '--', 'node', '--print', code)
const podIP = () => cluster.kubectl('get', 'pods', '-l', 'app=hello', '-o', 'jsonpath={.items[0].status.podIP}')

beforeAll(async () => {
  if (why) return
  writeFileSync(stages, simulationStages)
  await cluster.start()
  await cluster.kubectl('apply', '-f', hello)
  await cluster.kubectl('rollout', 'status', 'deployment/hello', '--timeout=60s')
})
afterAll(async () => {
  if (!why) await cluster[Symbol.asyncDispose]()
})

theTest('says what runs containers, and why', async () => {
  expect(cluster.output).toContain('no Docker daemon answers at unix:///nowhere/docker.sock')
  const runtime = '{.items[0].status.nodeInfo.containerRuntimeVersion}'
  expect(await cluster.kubectl('get', 'nodes', '-o', `jsonpath=${runtime}`)).toMatch(/^process:/)
})

theTest('get, logs and exec show a pod that runs by itself', async () => {
  expect(await cluster.kubectl('get', 'pods', '-l', 'app=hello')).toMatch(/hello-\S+ +1\/1 +Running +0/)
  expect(await cluster.kubectl('logs', 'deployment/hello')).toContain('listening on port 8080')
  expect(await inPod('os.hostname()')).toMatch(/^hello-/)
  const others = "fs.readdirSync('/proc').filter(name => +name > 0 && +name !== process.pid)"
  expect(await inPod(`${others}.join()`)).toBe('1\n')
  expect(await inPod("fs.readdirSync('/').includes('root')")).toBe('false\n')
  expect(await inPod('Object.keys(os.networkInterfaces()).join()')).toBe('lo,eth0\n')
  expect(await inPod('process.getuid()')).toBe('65534\n')
})

theTest('its memory is limited', async () => {
  const limit =
    "['memory/memory.limit_in_bytes', 'memory.max'].map(f => '/sys/fs/cgroup/' + f).find(f => fs.existsSync(f))"
  expect(await inPod(`fs.readFileSync(${limit}, 'utf8')`)).toBe(`${128 * 1024 * 1024}\n\n`)
})

theTest('it answers at its address and by its service, and logs that', async () => {
  const ip = await podIP()
  expect(await (await fetch(`http://${ip}:8080/here`)).text()).toMatch(/^Hello from hello-/)
  const service = await cluster.kubectl('get', 'service', 'hello', '-o', 'jsonpath={.spec.clusterIP}')
  const viaService = `fetch('http://${service}/').then(answer => answer.text()).then(console.log)`
  expect(await cluster.kubectl('exec', 'deployment/hello', '--', 'node', '--eval', viaService)).toMatch(/^Hello from /)
  await eventually('the log tells of the request', async () =>
    (await cluster.kubectl('logs', '-l', 'app=hello', '--tail=-1')).includes('GET /here from '),
  )
})

/** Resolves with the local port. */
const forwarded = (child: ChildProcess) =>
  new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', chunk => {
      const port = /127\.0\.0\.1:(\d+) ->/.exec(String(chunk))?.[1]
      if (port) resolve(port)
    })
    child.once('exit', () => reject(new Error('kubectl port-forward ended')))
  })

theTest('port-forward leads to it', async () => {
  const child = spawn('kubectl', ['--kubeconfig', cluster.kubeconfig, 'port-forward', 'deployment/hello', ':8080'])
  try {
    expect(await (await fetch(`http://127.0.0.1:${await forwarded(child)}/`)).text()).toMatch(/^Hello from hello-/)
  } finally {
    child.kill()
  }
})

theTest('a simulated node beside it runs what asks for it, as its file says', async () => {
  await cluster.apply(simulatedPod)
  await cluster.kubectl('wait', '--for=jsonpath={.status.phase}=Failed', 'pod/fails-soon', '--timeout=30s')
  const exitCode = '{.status.containerStatuses[0].state.terminated.exitCode}'
  expect(await cluster.kubectl('get', 'pod', 'fails-soon', '-o', `jsonpath=${exitCode}`)).toBe('7')
  expect(await cluster.kubectl('logs', 'fails-soon')).toBe('no luck\n')
  const nodes = await cluster.kubectl('get', 'pods', '-l', 'app=hello', '-o', 'jsonpath={.items[*].spec.nodeName}')
  expect(nodes).toBe('node-1 node-1')
  await cluster.kubectl('delete', 'pod', 'fails-soon')
})

theTest('it goes on while minik8s is killed and started again', async () => {
  const ids = () => cluster.kubectl('get', 'pods', '-o', 'jsonpath={.items[*].status.containerStatuses[*].containerID}')
  const before = await ids()
  const [running, ip] = [processes().programs, await podIP()]
  await cluster.stop('SIGKILL')
  expect(await (await fetch(`http://${ip}:8080/`)).text()).toMatch(/^Hello from /)
  await cluster.start()
  expect(await ids()).toBe(before)
  expect(processes().programs).toEqual(running)
  expect(await cluster.kubectl('get', 'pods')).toMatch(/Running +0 /)
})

theTest('delete removes it, down all that is left', async () => {
  expect([processes().programs.length, links().length, mounts().length].every(count => count >= 2)).toBe(true)
  expect(groups()).not.toBe('')
  await cluster.kubectl('delete', 'deployment/hello', '--cascade=foreground', '--timeout=60s')
  await eventually('the processes are gone', async () => processes().programs.length === 0)
  await cluster.kubectl('apply', '-f', hello)
  await cluster.kubectl('rollout', 'status', 'deployment/hello', '--timeout=60s')
  const plugged = links()
  expect(await output(process.execPath, [program, 'down', '--data-dir', cluster.dataDir], { env: nobodyThere })).toBe(
    'stopped; its containers are removed\n',
  )
  expect({ processes: processes(), mounts: mounts(), groups: groups() }).toEqual({
    processes: noProcesses,
    mounts: [],
    groups: '',
  })
  expect(plugged.filter(name => existsSync(join(network, name)))).toEqual([])
  expect(await output('nft', ['list', 'tables'])).not.toContain(clusterId())
})
