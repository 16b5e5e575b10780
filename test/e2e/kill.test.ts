/** `kill -9` of the server while everything runs: nothing acknowledged is lost, no container is started twice, the invariants hold. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { systemClock as clock } from '../../src/cli/system.js'
import { newHttpsClient } from '../../src/client/https.js'
import { readKubeconfig } from '../../src/client/kubeconfig.js'
import { ClientObserver } from '../invariants/attach-client.js'
import { TestCluster } from './harness/cluster.js'
import { eventually, output } from './harness/run.js'

const cluster = new TestCluster()
let observer: ClientObserver
let client: ReturnType<typeof newHttpsClient>
beforeAll(async () => {
  await cluster.start()
  client = newHttpsClient(await readKubeconfig(cluster.kubeconfig), { clock })
  observer = new ClientObserver({ client, clock })
})
afterAll(async () => {
  observer?.stop()
  client?.close()
  await cluster[Symbol.asyncDispose]()
})

const containerIds = () =>
  cluster.kubectl(
    'get',
    'pods',
    '-l',
    'app=web',
    '--sort-by=.metadata.name',
    '-o',
    'jsonpath={.items[*].status.containerStatuses[*].containerID}',
  )
/** A shell that heeds SIGTERM: the first process of a container ignores it otherwise. */
const endsAtOnce = ['sh', '-c', 'trap exit TERM; while :; do sleep 1; done']

test('the same objects, the same containers, after each of three kills under writes', async () => {
  await cluster.kubectl('create', 'deployment', 'web', '--image=busybox:1.36', '--replicas=3', '--', ...endsAtOnce)
  await cluster.kubectl('rollout', 'status', 'deploy/web', '--timeout=90s')
  const [ids, docker] = [await containerIds(), await cluster.dockerIds()]
  const acknowledged: string[] = []
  for (let round = 0; round < 3; round++) {
    const writer = (async () => {
      for (let n = 0; n < 200; n++) {
        const name = `kept-${round}-${n}`
        const { code } = await cluster.tryKubectl(['create', 'configmap', name, '--from-literal=n=1'])
        if (code !== 0) return
        acknowledged.push(name)
      }
    })()
    const before = acknowledged.length
    await eventually('a few writes', async () => acknowledged.length >= before + 5)
    await cluster.stop('SIGKILL')
    await writer
    expect(await cluster.start()).toMatch(/is ready in/)
  }
  const stored = (await cluster.kubectl('get', 'configmaps', '-o', 'jsonpath={.items[*].metadata.name}')).split(' ')
  expect(acknowledged.filter(name => !stored.includes(name))).toEqual([])
  expect(await containerIds()).toBe(ids)
  expect(await cluster.dockerIds()).toEqual(docker)
  expect(
    await cluster.kubectl(
      'get',
      'pods',
      '-l',
      'app=web',
      '-o',
      'jsonpath={.items[*].status.containerStatuses[*].restartCount}',
    ),
  ).toBe('0 0 0')
})

test('a watch from before the kill goes on behind it: every event once, in order', async () => {
  const list = await cluster.kubectl('get', '--raw', '/api/v1/namespaces/default/configmaps')
  const from = JSON.parse(list).metadata.resourceVersion
  for (const name of ['one', 'two']) await cluster.kubectl('create', 'configmap', name)
  await cluster.stop('SIGKILL')
  await cluster.start()
  await cluster.kubectl('create', 'configmap', 'three')
  const path = `/api/v1/namespaces/default/configmaps?watch=1&resourceVersion=${from}&timeoutSeconds=2`
  const events = (await cluster.kubectl('get', '--raw', path))
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  expect(events.map(({ type, object }) => `${type} ${object.metadata.name}`)).toEqual([
    'ADDED one',
    'ADDED two',
    'ADDED three',
  ])
  await cluster.kubectl('scale', 'deploy/web', '--replicas=4')
  await cluster.kubectl('rollout', 'status', 'deploy/web', '--timeout=60s')
  expect(await cluster.dockerIds()).toHaveLength(8)
})

test('a pod deleted from Docker behind our back is made again', async () => {
  const id = (await containerIds()).split(' ')[0]!.replace('docker://', '')
  await output('docker', ['rm', '-f', id])
  await eventually(
    'a new container',
    async () =>
      !(await containerIds()).includes(id) &&
      (await cluster.kubectl('get', 'deploy', 'web', '-o', 'jsonpath={.status.readyReplicas}')) === '4',
  )
})

test('containers that no pod knows are removed at the next start', async () => {
  const { id: clusterId } = JSON.parse(readFileSync(join(cluster.dataDir, 'cluster.json'), 'utf8'))
  await cluster.stop('SIGKILL')
  const labels = {
    cluster: clusterId,
    node: 'node-1',
    'pod.uid': 'gone',
    'pod.name': 'gone',
    'pod.namespace': 'default',
    type: 'sandbox',
    attempt: '0',
  }
  const flags = Object.entries(labels).flatMap(([name, value]) => ['--label', `io.minik8s.${name}=${value}`])
  const orphan = (await output('docker', ['run', '-d', ...flags, 'busybox:1.36', 'sleep', '100000'])).trim()
  expect(await cluster.dockerIds()).toContain(orphan)
  await cluster.start()
  await eventually('the orphan is gone', async () => !(await cluster.dockerIds()).includes(orphan))
  expect(await cluster.dockerIds()).toHaveLength(8)
})

test('the invariants held at every write, and all is as it was asked for', async () => {
  await eventually('every event', () => observer.hasAll())
  expect(observer.atRest()).toEqual([])
  expect(observer.observed).toBeGreaterThan(30)
})

test('deleting the deployment leaves no container', async () => {
  await cluster.kubectl('delete', 'deploy', 'web')
  await eventually('no container is left', async () => (await cluster.dockerIds()).length === 0)
})
