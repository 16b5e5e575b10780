/** Nodes in processes of their own: how they join, how they are reached, and what becomes of their pods when they are lost. */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { cidrContains, parseCidr, parseIp } from '../../src/machinery/ip.js'
import { program, TestCluster } from './harness/cluster.js'
import { eventually, output, run, wget } from './harness/run.js'

const cluster = new TestCluster({ flags: ['--node-monitor-grace-period', '12s'] })
let worker: ChildProcess
let told = ''

const nodeDir = (name: string) => join(cluster.dataDir, `node-${name}`)
const joinArgs = (server: string, token: string, name: string) => [
  program,
  'node',
  'join',
  '--server',
  server,
  '--token',
  token,
  '--node-name',
  name,
  '--data-dir',
  nodeDir(name),
]

let server = ''
let token = ''

beforeAll(async () => {
  await cluster.start()
  const printed = await output(process.execPath, [program, 'node', 'token', '--data-dir', cluster.dataDir])
  ;[, server = '', token = ''] = /^minik8s node join --server (\S+) --token (\S+)\n$/.exec(printed) ?? []
  worker = spawn(process.execPath, joinArgs(server, token, 'worker'), { stdio: ['ignore', 'pipe', 'pipe'] })
  for (const stream of [worker.stdout, worker.stderr]) stream?.on('data', chunk => (told += chunk))
  await eventually('the node has joined', async () => told.includes('node worker has joined'))
})
afterAll(async () => {
  worker.kill('SIGKILL')
  await cluster[Symbol.asyncDispose]()
})

const nodeOf = (pod: string) => cluster.kubectl('get', 'pod', pod, '-o', 'jsonpath={.spec.nodeName}')

const workload = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 1
      tolerations:
        - { key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, tolerationSeconds: 1 }
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector: { matchLabels: { app: web } }
      containers:
        - { name: main, image: 'busybox:1.36', command: [sh, -c, 'echo hello; mkdir /www; echo far > /www/i; httpd -p 8080 -h /www; trap exit TERM; while :; do sleep 1; done'] }
`

test('a certificate was issued to the node, and it is Ready beside the first', async () => {
  const requests = await cluster.kubectl(
    'get',
    'csr',
    '-o',
    'jsonpath={.items[*].spec.signerName} {.items[*].status.conditions[*].reason}',
  )
  expect(requests).toBe('kubernetes.io/kube-apiserver-client-kubelet AutoApproved')
  await cluster.kubectl('wait', '--for=condition=Ready', 'node/worker', '--timeout=30s')
})

test.each([
  ['a token that is none', 'nonsense', 2, /--token must be 6 and 16 lower-case letters/],
  ['a token that nobody knows', 'abcdef.0123456789abcdef', 1, /does not know the token abcdef, or it has expired/],
])('%s is refused with a sentence', async (_, bad, code, message) => {
  const refused = await run(process.execPath, joinArgs(server, bad, 'other'))
  expect(refused).toMatchObject({ code, stderr: expect.stringMatching(message) })
})

test('a second process of the same name is refused', async () => {
  const args = joinArgs(server, token, 'worker').slice(0, -1)
  const refused = await run(process.execPath, [...args, nodeDir('second')])
  expect(refused).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('a node worker is there already, and alive'),
  })
})

/** What the pod's server says through a port of this machine. */
async function forwarded(pod: string): Promise<string> {
  const port = 18_276
  const script = `kubectl --kubeconfig "$1" port-forward "pod/$2" ${port}:8080 >/dev/null 2>&1 & trap "kill $!" EXIT; for i in $(seq 50); do curl -sf http://127.0.0.1:${port}/i && exit; sleep 0.1; done`
  return output('sh', ['-c', script, 'sh', cluster.kubeconfig, pod])
}

/** What a pod there makes of what is typed to it. */
function typed(text: string): Promise<string> {
  const onWorker = JSON.stringify({ spec: { nodeName: 'worker' } })
  const pod = [
    'run',
    'typed',
    '-i',
    '--rm',
    '--quiet',
    '--restart=Never',
    '--image=busybox:1.36',
    '--overrides',
    onWorker,
  ]
  return output('kubectl', ['--kubeconfig', cluster.kubeconfig, ...pod, '--', 'tr', 'a-z', 'A-Z'], { input: text })
}

test('pods run there, and logs, exec, attach and port-forward reach them', async () => {
  await cluster.apply(workload)
  await cluster.kubectl('rollout', 'status', 'deploy/web', '--timeout=60s')
  const pods = (await cluster.kubectl('get', 'pods', '-o', 'jsonpath={.items[*].metadata.name}')).split(' ')
  const nodes = await Promise.all(pods.map(nodeOf))
  expect([...nodes].sort()).toEqual(['node-1', 'worker'])
  const far = pods[nodes.indexOf('worker')]!
  expect(await cluster.kubectl('logs', far)).toBe('hello\n')
  expect(await cluster.kubectl('exec', far, '--', 'hostname')).toBe(`${far}\n`)
  expect(await forwarded(far)).toBe('far\n')
  expect(await typed('typed\n')).toBe('TYPED\n')
  expect(await cluster.kubectl('get', '--raw', '/api/v1/nodes/worker/proxy/healthz')).toBe('ok')
  await eventually('it is measured', async () => (await cluster.kubectl('top', 'pod', far)).includes('Mi'))
})

test('pods of each node have addresses of its network, and reach those of the other', async () => {
  const query = (kind: string, path: string) =>
    cluster.kubectl('get', kind, '-o', `jsonpath={range .items[*]}${path}{"\\n"}{end}`)
  const lines = (text: string) =>
    text
      .trim()
      .split('\n')
      .map(line => line.split(' '))
  const networks = new Map(lines(await query('nodes', '{.metadata.name} {.spec.podCIDR}')) as [string, string][])
  const pods = lines(await query('pods', '{.spec.nodeName} {.status.podIP} {.metadata.name}')) as [
    string,
    string,
    string,
  ][]
  const isWithin = ([node, ip]: [string, string, string]) =>
    cidrContains(parseCidr(networks.get(node) ?? '')!, parseIp(ip)!)
  expect(new Set(networks.values()).size).toBe(2)
  expect(pods.map(isWithin)).toEqual([true, true])
  const [one, other] = pods
  expect(await cluster.kubectl('exec', one![2], '--', ...wget(5, `http://${other![1]}:8080/i`))).toBe('far\n')
})

test('a node that is lost is not ready, and its pods are placed elsewhere', async () => {
  worker.kill('SIGKILL')
  await cluster.kubectl('wait', '--for=condition=Ready=Unknown', 'node/worker', '--timeout=60s')
  await eventually('both pods run on the other node', async () => {
    const running = await cluster.kubectl(
      'get',
      'pods',
      '--field-selector',
      'spec.nodeName=node-1,status.phase=Running',
      '-o',
      'name',
    )
    return running.trim().split('\n').length === 2
  })
})

test('it comes back with its certificate, without a token, and ends what is no longer its own', async () => {
  const args = [program, 'node', 'join', '--server', server, '--node-name', 'worker', '--data-dir', nodeDir('worker')]
  worker = spawn(process.execPath, args, { stdio: 'ignore' })
  await cluster.kubectl('wait', '--for=condition=Ready', 'node/worker', '--timeout=60s')
  await eventually('its old pod is gone', async () => (await cluster.dockerIds('io.minik8s.node=worker')).length === 0)
})
