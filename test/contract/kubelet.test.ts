/** The kubelet against the real API server, in process, with a runtime that is simulated on a clock of the test's own. */

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import {
  configMap as configMapKind,
  namespace as namespaceKind,
  node as nodeKind,
  pod as podKind,
} from '../../src/apis/core-v1/index.js'
import type { Container, Namespace, Pod, PodSpec } from '../../src/apis/generated/core-v1.js'
import { startTestCluster, type TestCluster } from '../../src/controllers/testing/cluster.js'
import { type Kubelet, startKubelet } from '../../src/kubelet/kubelet.js'
import { newAddressPool } from '../../src/kubelet/runtime/sim/address-pool.js'
import { type SimBehaviour, SimRuntime } from '../../src/kubelet/runtime/sim/sim-runtime.js'
import { SeededRandom } from '../../src/machinery/fake-clock.js'
import { isReason } from '../../src/machinery/status-error.js'
import { silentLogger } from '../../src/telemetry/logger.js'
import { newMetricRegistry } from '../../src/telemetry/metrics.js'

const nodeName = 'node-1'
const key = { namespace: 'shop', name: 'web' }

let cluster: TestCluster
let runtime: SimRuntime
let kubelet: Kubelet
let directory: string
/** By container name. */
let behaviours: Record<string, SimBehaviour>
let execCode: number

const start = async () => {
  const deps = {
    client: cluster.admin,
    runtime,
    clock: cluster.clock,
    random: new SeededRandom(3),
    log: silentLogger,
    metrics: newMetricRegistry(),
  }
  kubelet = startKubelet(deps, { nodeName, addresses: ['192.0.2.1'], dataDirectory: directory })
  await kubelet.started
}

/** Waits for the disk in real time, and moves the cluster's clock by `stepMs` between looks. */
async function until(what: string, holds: () => Promise<boolean> | boolean, stepMs = 1): Promise<void> {
  for (let step = 0; step < 1500; step++) {
    if (await holds()) return
    await new Promise(resolve => setTimeout(resolve, 1))
    await cluster.clock.advance(stepMs)
  }
  throw new Error(`never came true: ${what}`)
}

const getPod = () => cluster.admin.get<Pod>(podKind, key)
const phase = async () => (await getPod()).status?.phase
const untilPhase = (wanted: string, stepMs?: number) => until(wanted, async () => (await phase()) === wanted, stepMs)
const isGone = () =>
  getPod().then(
    () => false,
    error => isReason(error, 'NotFound'),
  )
const container = (name: string, over: Partial<Container> = {}): Container => ({ name, image: 'app:1', ...over })

async function createPod(spec: Partial<PodSpec> = {}): Promise<Pod> {
  return cluster.admin.create<Pod>(podKind, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...key },
    spec: { nodeName, containers: [container('app')], ...spec },
  })
}

const records = async () => (await runtime.list()).filter(({ type }) => type === 'container')
const names = async () => (await records()).map(({ name, attempt, state }) => `${name}/${attempt} ${state}`).sort()

beforeEach(async () => {
  behaviours = {}
  execCode = 0
  cluster = await startTestCluster()
  directory = await mkdtemp(join(tmpdir(), 'kubelet-'))
  runtime = new SimRuntime({
    clock: cluster.clock,
    addresses: newAddressPool('10.244.0.0/16'),
    behaviour: (_, { name }) => behaviours[name] ?? {},
    exec: () => ({ exitCode: execCode, output: 'told' }),
  })
  await cluster.admin.create(namespaceKind, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'shop' },
  } as Namespace)
  await cluster.until('the service account', () =>
    cluster.admin
      .get(
        {
          group: '',
          version: 'v1',
          kind: 'ServiceAccount',
          scope: 'Namespaced',
          names: { plural: 'serviceaccounts', singular: 'serviceaccount' },
        },
        { namespace: 'shop', name: 'default' },
      )
      .then(
        () => true,
        () => false,
      ),
  )
  await start()
})

afterEach(async () => {
  await kubelet.stop()
  await cluster.stop()
  await rm(directory, { recursive: true, force: true })
})

describe('the kubelet', () => {
  test('registers a node that is Ready', async () => {
    const node = await cluster.admin.get(nodeKind, { name: nodeName })
    expect(node.status?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True')
  })

  test('runs a pod until it is deleted, and leaves nothing', async () => {
    await createPod()
    await untilPhase('Running')
    const { status } = await getPod()
    expect(status).toMatchObject({ podIP: '10.244.0.2', hostIP: '192.0.2.1', qosClass: 'BestEffort' })
    expect(status?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True')
    await cluster.admin.delete(podKind, key)
    await until('the pod is gone', isGone)
    await until('the runtime is empty', async () => (await runtime.list()).length === 0)
    await until('the disk is empty', async () => (await readdir(join(directory, 'pods'))).length === 0)
  })

  test('ends a pod whose containers are done', async () => {
    behaviours.app = { exitAfterMs: 100 }
    await createPod({ restartPolicy: 'Never' })
    await untilPhase('Succeeded', 10)
    expect((await getPod()).status?.containerStatuses?.[0]?.state?.terminated).toMatchObject({
      exitCode: 0,
      reason: 'Completed',
    })
    await until('the sandbox is down', async () => (await runtime.list()).every(({ state }) => state === 'exited'))
  })

  test('restarts a failing container after growing pauses', async () => {
    behaviours.app = { exitAfterMs: 10, exitCode: 1 }
    await createPod()
    const waiting = async () => (await getPod()).status?.containerStatuses?.[0]?.state?.waiting
    const attempts = async () => Math.max(...(await records()).map(({ attempt }) => attempt))
    await until('back-off', async () => (await waiting())?.reason === 'CrashLoopBackOff', 5)
    expect((await waiting())?.message).toMatch(/^back-off 10s restarting failed container=app pod=web_shop\(/)
    expect(await attempts()).toBe(1)
    await until('the next run', async () => (await attempts()) === 2, 200)
    await until('a longer back-off', async () => /^back-off 20s/.test((await waiting())?.message ?? ''), 50)
    expect(await cluster.events('web')).toContainEqual(
      expect.stringMatching(/^Back-off restarting failed container app in pod web_shop\(/),
    )
    await until('only two records', async () => (await records()).length === 2)
  })

  test('runs init containers in order, then the rest beside the sidecar', async () => {
    behaviours.first = { exitAfterMs: 50 }
    behaviours.second = { exitAfterMs: 50 }
    await createPod({
      initContainers: [container('first'), container('proxy', { restartPolicy: 'Always' }), container('second')],
    })
    await untilPhase('Running', 5)
    expect(await names()).toEqual(['app/0 running', 'first/0 exited', 'proxy/0 running', 'second/0 exited'])
    const started = new Map((await records()).map(({ name, startedAt }) => [name, startedAt!]))
    expect(started.get('first')! + 50 <= started.get('proxy')!).toBe(true)
    expect(started.get('second')! + 50 <= started.get('app')!).toBe(true)
  })

  test('finds its containers again, and never starts a second copy', async () => {
    await createPod()
    await untilPhase('Running')
    const before = (await runtime.list()).map(({ id }) => id)
    await kubelet.stop()
    await start()
    await until('some time has passed', () => true)
    for (let i = 0; i < 50; i++) await cluster.clock.advance(100)
    expect((await runtime.list()).map(({ id }) => id)).toEqual(before)
    expect((await getPod()).status?.containerStatuses?.[0]?.restartCount).toBe(0)
  })

  test('makes again what vanished while it was away, and removes what nobody wants any more', async () => {
    await createPod()
    await untilPhase('Running')
    await kubelet.stop()
    const [app] = await records()
    await runtime.removeContainer(app!.id)
    const lost = { namespace: 'shop', name: 'lost', uid: 'lost' }
    const { ready } = await runtime.runSandbox({
      pod: lost,
      attempt: 0,
      namespaces: { network: 'pod', ipc: 'pod', pid: 'container' },
      portMappings: [],
      sysctls: {},
      mounts: [],
    })
    await ready
    await start()
    await until('app runs again', async () => (await names()).join() === 'app/1 running')
    await until('lost is removed', async () => (await runtime.list()).every(({ pod }) => pod.uid !== 'lost'))
  })

  test('ends a pod that is active too long', async () => {
    await createPod({ activeDeadlineSeconds: 5 })
    await untilPhase('Running')
    await untilPhase('Failed', 100)
    expect((await getPod()).status).toMatchObject({ reason: 'DeadlineExceeded' })
  })

  test('restarts a container that fails its liveness probe', async () => {
    await createPod({
      containers: [
        container('app', { livenessProbe: { exec: { command: ['true'] }, periodSeconds: 1, failureThreshold: 2 } }),
      ],
    })
    await untilPhase('Running')
    execCode = 1
    await until('the second run', async () => (await names()).includes('app/1 running'), 50)
    const told = await cluster.events('web')
    expect(told).toContain('Liveness probe failed: told')
    expect(told).toContain('Container app failed liveness probe, will be restarted')
  })

  test('is ready when its readiness probe says so', async () => {
    execCode = 1
    await createPod({
      containers: [container('app', { readinessProbe: { exec: { command: ['true'] }, periodSeconds: 1 } })],
    })
    const ready = async () => (await getPod()).status?.conditions?.find(({ type }) => type === 'Ready')?.status
    await untilPhase('Running')
    expect(await ready()).toBe('False')
    execCode = 0
    await until('Ready', async () => (await ready()) === 'True', 50)
  })

  test('gives a container its time to end, and kills it after', async () => {
    behaviours.app = { stopMs: 60_000 }
    await createPod({ terminationGracePeriodSeconds: 20 })
    await untilPhase('Running')
    await cluster.admin.delete(podKind, key)
    await until('the stop has begun', async () => (await cluster.events('web')).includes('Stopping container app'))
    const begun = cluster.clock.now()
    await until('the pod is gone', isGone, 100)
    const took = cluster.clock.now() - begun
    expect([took >= 19_000, took < 40_000]).toEqual([true, true])
  })

  test('waits for a missing configMap, and starts as soon as it is there', async () => {
    await createPod({ containers: [container('app', { envFrom: [{ configMapRef: { name: 'conf' } }] })] })
    const waiting = async () => (await getPod()).status?.containerStatuses?.[0]?.state?.waiting
    await until('the error', async () => (await waiting())?.reason === 'CreateContainerConfigError')
    expect((await waiting())?.message).toBe('configmap "conf" not found')
    await cluster.admin.create(configMapKind, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: 'shop', name: 'conf' },
      data: {},
    })
    await untilPhase('Running')
  })

  test('brings changes of a configMap into its volume', async () => {
    const conf = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'shop', name: 'conf' } }
    await cluster.admin.create(configMapKind, { ...conf, data: { color: 'red' } })
    const { metadata } = await createPod({
      volumes: [{ name: 'conf', configMap: { name: 'conf' } }],
      containers: [container('app', { volumeMounts: [{ name: 'conf', mountPath: '/conf' }] })],
    })
    await untilPhase('Running')
    const file = join(directory, 'pods', metadata.uid!, 'volumes/kubernetes.io~configmap/conf/color')
    expect(await readFile(file, 'utf8')).toBe('red')
    const patch = { type: 'application/merge-patch+json', body: { data: { color: 'blue' } } } as const
    await cluster.admin.patch(configMapKind, { namespace: 'shop', name: 'conf' }, patch)
    await until('blue', async () => (await readFile(file, 'utf8')) === 'blue')
  })

  test('refuses a pod for which there is no room', async () => {
    await createPod({ containers: [container('app', { resources: { requests: { cpu: '1000' } } })] })
    await untilPhase('Failed')
    expect((await getPod()).status).toMatchObject({ reason: 'OutOfcpu' })
    expect(await runtime.list()).toEqual([])
  })
})
