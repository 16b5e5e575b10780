/** A user who is not root, but may use Docker: services, names, node ports and the rest work, and the message says how. */
import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, cpSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, describe, expect, test } from '@jest/globals'
import { program, TestCluster } from './harness/cluster.js'
import { changes, clusterIdOf, readHostState } from './harness/host-state.js'
import { eventually, fetchAnew, output, run, wget } from './harness/run.js'

const user = 61_234
const socket = process.env.DOCKER_HOST?.replace('unix://', '') ?? '/var/run/docker.sock'
const group = existsSync(socket) ? statSync(socket).gid : 0
const launcher = [
  'setpriv',
  '--reuid',
  `${user}`,
  '--regid',
  `${user}`,
  '--groups',
  `${user},${group}`,
  '--inh-caps=-all',
  '--',
]
const asUser = (...command: string[]) => spawnSync(launcher[0]!, [...launcher.slice(1), ...command])
/** The program may stand where the user cannot read it. */
const home = mkdtempSync(join(tmpdir(), 'minik8s-user-'))
chmodSync(home, 0o755)
const canReach = () => asUser('test', '-w', socket).status === 0 && asUser(process.execPath, '--version').status === 0
const isPossible = process.getuid?.() === 0 && group !== 0 && canReach()

const workload = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 0
      containers:
        - name: web
          image: busybox:1.36
          command: [sh, -c, 'mkdir -p /data/of-root/d; echo ok | tee /data/i /data/of-root/d/f; httpd -p 127.0.0.1:9090 -h /data; httpd -f -p 8080 -h /data']
          volumeMounts: [{ name: data, mountPath: /data }]
          readinessProbe: { httpGet: { port: 8080, path: /i }, periodSeconds: 1 }
      volumes: [{ name: data, emptyDir: {} }]
---
apiVersion: v1
kind: Pod
metadata: { name: client }
spec:
  terminationGracePeriodSeconds: 0
  containers:
    - { name: c, image: 'busybox:1.36', command: [sleep, infinity], volumeMounts: [{ name: v, mountPath: /v, subPath: a/b }] }
  volumes: [{ name: v, emptyDir: {} }]
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { type: LoadBalancer, selector: { app: web }, ports: [{ port: 18273, targetPort: 8080 }] }
`
const clusterOf = (...flags: string[]) => {
  cpSync(dirname(program), join(home, 'dist'), { recursive: true })
  cpSync(join(dirname(program), '../package.json'), join(home, 'package.json'))
  const env = { HOME: home, TMPDIR: home, PATH: '/usr/local/bin:/usr/bin:/bin' }
  const own = new TestCluster({ env, launcher, program: join(home, 'dist/minik8s.js'), flags })
  chownSync(own.dataDir, user, user)
  return own
}
let cluster: TestCluster
afterEach(() => cluster?.[Symbol.asyncDispose]())
afterAll(() => rmSync(home, { recursive: true, force: true }))

const field = (kind: string, path: string) => cluster.kubectl('get', kind, '-o', `jsonpath={${path}}`)
const page = async (url: string) => (await fetchAnew(url)).text()
const fromPod = (pod: string, url: string) => cluster.kubectl('exec', pod, '--', ...wget(5, url))

/** Ports of the service on this machine. */
async function startWithWork(): Promise<{ nodePort: string; balancer: string; clusterIP: string }> {
  await cluster.start()
  await cluster.apply(workload)
  await cluster.kubectl('rollout', 'status', 'deployment/web', '--timeout=60s')
  await cluster.kubectl('wait', '--for=condition=Ready', 'pod/client', '--timeout=60s')
  return {
    nodePort: `127.0.0.1:${await field('service/web', '.spec.ports[0].nodePort')}`,
    balancer: `${await eventually('an address', () => field('service/web', '.status.loadBalancer.ingress[0].ip'))}:18273`,
    clusterIP: await field('service/web', '.spec.clusterIP'),
  }
}

/** What a server on the loopback of the pod says. */
async function forwarded(): Promise<string> {
  const port = 18_274
  const script = `kubectl --kubeconfig "$1" port-forward deployment/web ${port}:9090 >/dev/null 2>&1 & trap "kill $!" EXIT; for i in $(seq 50); do curl -sf http://127.0.0.1:${port}/i && exit; sleep 0.1; done`
  return output('sh', ['-c', script, 'sh', cluster.kubeconfig])
}

const when = isPossible ? describe : describe.skip
when('as a user who may use Docker', () => {
  test('a container sets the rules: everything works, and nothing stays behind', async () => {
    const before = await readHostState()
    cluster = clusterOf()
    const { nodePort, balancer, clusterIP } = await startWithWork()
    expect(cluster.output).toContain('Not root: rules for services are set by a container')
    for (const place of [nodePort, balancer, `${clusterIP}:18273`])
      await eventually(`${place} answers`, async () => (await page(`http://${place}/i`)) === 'ok\n')
    for (const host of ['web', clusterIP])
      for (const pod of ['client', 'deployment/web']) expect(await fromPod(pod, `http://${host}:18273/i`)).toBe('ok\n')
    expect(await forwarded()).toBe('ok\n')
    await cluster.kubectl('delete', 'pod/client', 'deployment/web', '--cascade=foreground', '--timeout=60s')
    const pods = join(cluster.dataDir, 'nodes/node-1/pods')
    await eventually('files of root are removed', async () => (await output('ls', [pods])) === '')
    const id = clusterIdOf(cluster.dataDir)
    const table = `minik8s-${id}`
    expect((await run('nft', ['list', 'table', 'ip', table])).code).toBe(0)
    await cluster.stop('SIGKILL')
    // The user cannot take rules away: they end with the process.
    const [command, ...args] = [
      ...launcher,
      process.execPath,
      join(home, 'dist/minik8s.js'),
      'down',
      '--data-dir',
      cluster.dataDir,
    ]
    await output(command!, args)
    await eventually(
      'nothing is left',
      async () => {
        const left = changes(before, await readHostState(id))
        if (left.length) throw new Error(left.join('\n'))
        return true
      },
      15_000,
    )
  })

  test('with --service-proxy userspace node ports and load balancers answer on localhost', async () => {
    cluster = clusterOf('--service-proxy', 'userspace')
    const { nodePort, balancer } = await startWithWork()
    expect(cluster.output).toContain('cluster IPs and cluster DNS do not work')
    expect(balancer).toBe('127.0.0.1:18273')
    for (const place of [nodePort, balancer]) expect(await page(`http://${place}/i`)).toBe('ok\n')
  })
})
