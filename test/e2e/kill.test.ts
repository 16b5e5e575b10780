/** `kill -9` of the server while everything runs: nothing acknowledged is lost, no container is started twice. */
import { spawn } from 'node:child_process'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { TestCluster } from './harness/cluster.js'
import { eventually, output } from './harness/run.js'

const cluster = new TestCluster()
beforeAll(async () => {
  await cluster.start()
})
afterAll(() => cluster[Symbol.asyncDispose]())

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
const dockerIds = async () =>
  (await output('docker', ['ps', '-a', '--no-trunc', '-q', '--filter', 'label=io.minik8s.pod.namespace=default']))
    .trim()
    .split('\n')
    .sort()

test('the same objects, the same containers, after each of three kills under writes', async () => {
  await cluster.kubectl('create', 'deployment', 'web', '--image=busybox:1.36', '--replicas=3', '--', 'sleep', '100000')
  await cluster.kubectl('rollout', 'status', 'deploy/web', '--timeout=90s')
  const [ids, docker] = [await containerIds(), await dockerIds()]
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
  expect(await dockerIds()).toEqual(docker)
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

test('a watch resumes, and work goes on', async () => {
  const watch = spawn('kubectl', [
    '--kubeconfig',
    cluster.kubeconfig,
    'rollout',
    'status',
    'deploy/web',
    '-w',
    '--timeout=60s',
  ])
  await cluster.kubectl('scale', 'deploy/web', '--replicas=4')
  await cluster.stop('SIGKILL')
  await cluster.start()
  await cluster.kubectl('rollout', 'status', 'deploy/web', '--timeout=60s')
  expect((await dockerIds()).length).toBe(8)
  watch.kill()
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
  const victim = await cluster.kubectl('get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[0].metadata.name}')
  await cluster.stop('SIGKILL')
  const second = new TestCluster({ runtime: 'none' })
  await second[Symbol.asyncDispose]()
  await cluster.start()
  await cluster.kubectl('delete', 'deploy', 'web')
  await eventually('no container is left', async () => (await dockerIds()).join('') === '')
  expect(victim).toMatch(/^web-/)
})
