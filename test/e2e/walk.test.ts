/** A first walk through a cluster with each kubectl: what a user does in the first ten minutes. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { examples, TestCluster } from './harness/cluster.js'
import { findKubectls, type Kubectl } from './harness/kubectl.js'
import { eventually, output } from './harness/run.js'

const cluster = new TestCluster()

beforeAll(async () => {
  await cluster.start()
})
afterAll(() => cluster[Symbol.asyncDispose]())

async function fetchStatus(ip: string): Promise<number> {
  return (await fetch(`http://${ip}/`, { signal: AbortSignal.timeout(5_000) })).status
}

function newWalker({ version, program }: Kubectl) {
  const namespace = `walk-${version.replaceAll('.', '-')}`
  const kubectl = (...args: string[]) => output(program, ['--kubeconfig', cluster.kubeconfig, '-n', namespace, ...args])
  const jsonpath = (path: string, ...args: string[]) => kubectl('get', ...args, '-o', `jsonpath=${path}`)
  return { program, namespace, kubectl, jsonpath }
}
type Walker = ReturnType<typeof newWalker>

/** One after the other; each by its name. */
const steps: Record<string, (walker: Walker) => Promise<void>> = {
  async 'sees a Ready node'({ kubectl }) {
    await kubectl('wait', '--for=condition=Ready', 'node', '--all', '--timeout=30s')
    expect(await kubectl('get', 'nodes')).toMatch(/NAME +STATUS +ROLES +AGE +VERSION\n\S+ +Ready +/)
  },

  async 'runs a deployment of three, each answering'({ namespace, kubectl, jsonpath }) {
    await kubectl('create', 'namespace', namespace)
    await kubectl('create', 'deployment', 'web', '--image=nginx:1.27', '--replicas=3')
    expect(await kubectl('rollout', 'status', 'deploy/web', '--timeout=90s')).toContain('successfully rolled out')
    const ips = (await jsonpath('{.items[*].status.podIP}', 'pods', '-l', 'app=web')).split(' ')
    expect(new Set(ips).size).toBe(3)
    for (const ip of ips) expect(await eventually(`answer of ${ip}`, () => fetchStatus(ip))).toBe(200)
  },

  async 'shows logs, runs commands, copies exit codes'({ program, namespace, kubectl }) {
    expect(await kubectl('logs', 'deploy/web', '--tail=1', '--timestamps')).toMatch(/^\d{4}-\d\d-\d\dT\S+Z .*\n$/)
    const { stdout, stderr } = await cluster.tryKubectl(
      ['-n', namespace, 'exec', 'deploy/web', '--', 'nginx', '-v'],
      program,
    )
    expect(stdout + stderr).toContain('nginx version')
    expect(
      (await cluster.tryKubectl(['-n', namespace, 'exec', 'deploy/web', '--', 'sh', '-c', 'exit 7'], program)).code,
    ).toBe(7)
    const echoed = await output(
      program,
      ['--kubeconfig', cluster.kubeconfig, '-n', namespace, 'exec', '-i', 'deploy/web', '--', 'cat'],
      { input: 'through stdin' },
    )
    expect(echoed).toBe('through stdin')
  },

  async 'scales, rolls out a new image and takes it back'({ kubectl, jsonpath }) {
    await kubectl('scale', 'deploy/web', '--replicas=2')
    await eventually('two pods', async () => (await jsonpath('{.status.replicas}', 'deploy', 'web')) === '2')
    await kubectl('set', 'image', 'deploy/web', 'nginx=nginx:latest')
    await kubectl('rollout', 'status', 'deploy/web', '--timeout=90s')
    expect(await kubectl('rollout', 'history', 'deploy/web')).toMatch(/\n1 .*\n2 /)
    await kubectl('rollout', 'undo', 'deploy/web')
    await kubectl('rollout', 'status', 'deploy/web', '--timeout=90s')
    expect(await jsonpath('{.spec.template.spec.containers[0].image}', 'deploy', 'web')).toBe('nginx:1.27')
  },

  async 'describes and explains'({ kubectl }) {
    const text = await kubectl('describe', 'deploy', 'web')
    expect(text).toContain('StrategyType:           RollingUpdate')
    expect(text).toMatch(/ScalingReplicaSet .*deployment-controller +Scaled up replica set web-\w+/)
    expect(await kubectl('describe', 'pods')).toMatch(/Started .*kubelet.* +(Started c|C)ontainer/)
    expect(await kubectl('explain', 'pod.spec.containers')).toMatch(/imagePullPolicy\s+<string>/)
  },

  async 'applies ten kinds, again unchanged, and edited'({ program, namespace, kubectl }) {
    const file = join(cluster.dataDir, `${namespace}.yaml`)
    const text = readFileSync(join(examples, 'ten-kinds.yaml'), 'utf8')
      .replaceAll('namespace: ten', `namespace: ${namespace}-ten`)
      .replace('name: ten', `name: ${namespace}-ten`)
    writeFileSync(file, text)
    expect((await kubectl('apply', '-n', '', '-f', file)).match(/ created$/gm)).toHaveLength(10)
    expect((await kubectl('apply', '-n', '', '-f', file)).match(/ unchanged$/gm)).toHaveLength(10)
    writeFileSync(file, text.replace('replicas: 1', 'replicas: 2').replace('mode: quiet', 'mode: loud'))
    const diff = await cluster.tryKubectl(['diff', '-f', file], program)
    expect(diff.stdout).toMatch(/- {2}replicas: 1\n\+ {2}replicas: 2/)
    expect(diff.code).toBe(1)
    expect((await kubectl('apply', '-n', '', '-f', file)).match(/ configured$/gm)).toHaveLength(2)
    expect((await cluster.tryKubectl(['diff', '-f', file], program)).code).toBe(0)
  },

  async 'deletes the namespaces with all that is in them'({ program, namespace, kubectl }) {
    await kubectl('delete', 'namespace', namespace, `${namespace}-ten`, '--timeout=90s')
    expect((await cluster.tryKubectl(['get', 'namespace', namespace], program)).stderr).toContain('not found')
    expect(await cluster.dockerIds(`io.minik8s.pod.namespace=${namespace}`)).toEqual([])
  },
}

test.concurrent.each(findKubectls())('a walk with kubectl $version', async kubectl => {
  const walker = newWalker(kubectl)
  for (const [name, step] of Object.entries(steps))
    await step(walker).catch(error => {
      throw new Error(`${name}: ${(error as Error).message}`, { cause: error })
    })
})
