/** What the kubelet makes of pods, as the API and the runtime see it. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { configMap as configMapKind, node as nodeKind, pod as podKind } from '../../src/apis/core-v1/index.js'
import { container, key, nodeName, SimulatedKubelet } from './simulated-kubelet.js'

let world: SimulatedKubelet
beforeEach(async () => {
  world = await SimulatedKubelet.create()
})
afterEach(() => world.dispose())

describe('the kubelet', () => {
  test('registers a node that is Ready', async () => {
    const node = await world.cluster.admin.get(nodeKind, { name: nodeName })
    expect(node.status?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True')
  })

  test('runs a pod until it is deleted, and leaves nothing', async () => {
    await world.createPod()
    await world.untilPhase('Running')
    const { status } = await world.getPod()
    expect(status).toMatchObject({ podIP: '10.244.0.2', hostIP: '192.0.2.1', qosClass: 'BestEffort' })
    expect(status?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True')
    await world.cluster.admin.delete(podKind, key)
    await world.until('the pod is gone', () => world.isGone())
    await world.until('the runtime is empty', async () => (await world.runtime.list()).length === 0)
    await world.until('the disk is empty', async () => (await readdir(join(world.directory, 'pods'))).length === 0)
  })

  test('ends a pod whose containers are done', async () => {
    world.behaviours.app = { exitAfterMs: 100 }
    await world.createPod({ restartPolicy: 'Never' })
    await world.untilPhase('Succeeded', 10)
    expect((await world.getPod()).status?.containerStatuses?.[0]?.state?.terminated).toMatchObject({
      exitCode: 0,
      reason: 'Completed',
    })
    await world.until('the sandbox is down', async () =>
      (await world.runtime.list()).every(({ state }) => state === 'exited'),
    )
  })

  test('restarts a failing container after growing pauses', async () => {
    world.behaviours.app = { exitAfterMs: 10, exitCode: 1 }
    await world.createPod()
    const waiting = async () => (await world.getPod()).status?.containerStatuses?.[0]?.state?.waiting
    const attempts = async () => Math.max(...(await world.records()).map(({ attempt }) => attempt))
    await world.until('back-off', async () => (await waiting())?.reason === 'CrashLoopBackOff', 5)
    expect((await waiting())?.message).toMatch(/^back-off 10s restarting failed container=app pod=web_shop\(/)
    expect(await attempts()).toBe(1)
    await world.until('the next run', async () => (await attempts()) === 2, 200)
    await world.until('a longer back-off', async () => /^back-off 20s/.test((await waiting())?.message ?? ''), 50)
    expect(await world.cluster.events('web')).toContainEqual(
      expect.stringMatching(/^Back-off restarting failed container app in pod web_shop\(/),
    )
    await world.until('only two records', async () => (await world.records()).length === 2)
  })

  test('runs init containers in order, then the rest beside the sidecar', async () => {
    world.behaviours.first = { exitAfterMs: 50 }
    world.behaviours.second = { exitAfterMs: 50 }
    await world.createPod({
      initContainers: [container('first'), container('proxy', { restartPolicy: 'Always' }), container('second')],
    })
    await world.untilPhase('Running', 5)
    expect(await world.names()).toEqual(['app/0 running', 'first/0 exited', 'proxy/0 running', 'second/0 exited'])
    const started = new Map((await world.records()).map(({ name, startedAt }) => [name, startedAt!]))
    expect(started.get('first')! + 50 <= started.get('proxy')!).toBe(true)
    expect(started.get('second')! + 50 <= started.get('app')!).toBe(true)
  })

  test('finds its containers again, and never starts a second copy', async () => {
    await world.createPod()
    await world.untilPhase('Running')
    const before = (await world.runtime.list()).map(({ id }) => id)
    await world.stop()
    await world.start()
    await world.until('some time has passed', () => true)
    for (let i = 0; i < 50; i++) await world.cluster.clock.advance(100)
    expect((await world.runtime.list()).map(({ id }) => id)).toEqual(before)
    expect((await world.getPod()).status?.containerStatuses?.[0]?.restartCount).toBe(0)
  })

  test('makes again what vanished while it was away, and removes what nobody wants any more', async () => {
    await world.createPod()
    await world.untilPhase('Running')
    await world.stop()
    const [app] = await world.records()
    await world.runtime.removeContainer(app!.id)
    const lost = { namespace: 'shop', name: 'lost', uid: 'lost' }
    const { ready } = await world.runtime.runSandbox({
      pod: lost,
      attempt: 0,
      hostname: 'sandbox',
      namespaces: { network: 'pod', ipc: 'pod', pid: 'container' },
      portMappings: [],
      sysctls: {},
      mounts: [],
    })
    await ready
    await world.start()
    await world.until('app runs again', async () => (await world.names()).join() === 'app/1 running')
    await world.until('lost is removed', async () =>
      (await world.runtime.list()).every(({ pod }) => pod.uid !== 'lost'),
    )
  })

  test('ends a pod that is active too long', async () => {
    await world.createPod({ activeDeadlineSeconds: 5 })
    await world.untilPhase('Running')
    await world.untilPhase('Failed', 100)
    expect((await world.getPod()).status).toMatchObject({ reason: 'DeadlineExceeded' })
  })

  test('restarts a container that fails its liveness probe', async () => {
    await world.createPod({
      containers: [
        container('app', { livenessProbe: { exec: { command: ['true'] }, periodSeconds: 1, failureThreshold: 2 } }),
      ],
    })
    await world.untilPhase('Running')
    world.execCode = 1
    await world.until('the second run', async () => (await world.names()).includes('app/1 running'), 50)
    const told = await world.cluster.events('web')
    expect(told).toContain('Liveness probe failed: told')
    expect(told).toContain('Container app failed liveness probe, will be restarted')
  })

  test('is ready when its readiness probe says so', async () => {
    world.execCode = 1
    await world.createPod({
      containers: [container('app', { readinessProbe: { exec: { command: ['true'] }, periodSeconds: 1 } })],
    })
    const ready = async () => (await world.getPod()).status?.conditions?.find(({ type }) => type === 'Ready')?.status
    await world.untilPhase('Running')
    expect(await ready()).toBe('False')
    world.execCode = 0
    await world.until('Ready', async () => (await ready()) === 'True', 50)
  })

  test('is seen unready while it ends', async () => {
    world.behaviours.app = { stopMs: 60_000 }
    const readinessProbe = { exec: { command: ['true'] }, periodSeconds: 1, failureThreshold: 1 }
    await world.createPod({ terminationGracePeriodSeconds: 60, containers: [container('app', { readinessProbe })] })
    const ready = async () => (await world.getPod()).status?.conditions?.find(({ type }) => type === 'Ready')?.status
    await world.until('Ready', async () => (await ready()) === 'True', 50)
    await world.cluster.admin.delete(podKind, key)
    world.execCode = 1
    await world.until('unready', async () => (await ready()) === 'False', 30)
  })

  test('gives a container its time to end, and kills it after', async () => {
    world.behaviours.app = { stopMs: 60_000 }
    await world.createPod({ terminationGracePeriodSeconds: 20 })
    await world.untilPhase('Running')
    await world.cluster.admin.delete(podKind, key)
    await world.until('the stop has begun', async () =>
      (await world.cluster.events('web')).includes('Stopping container app'),
    )
    const begun = world.cluster.clock.now()
    await world.until('the pod is gone', () => world.isGone(), 100)
    const took = world.cluster.clock.now() - begun
    expect([took >= 19_000, took < 40_000]).toEqual([true, true])
  })

  test('waits for a missing configMap, and starts as soon as it is there', async () => {
    await world.createPod({ containers: [container('app', { envFrom: [{ configMapRef: { name: 'conf' } }] })] })
    const waiting = async () => (await world.getPod()).status?.containerStatuses?.[0]?.state?.waiting
    await world.until('the error', async () => (await waiting())?.reason === 'CreateContainerConfigError')
    expect((await waiting())?.message).toBe('configmap "conf" not found')
    await world.cluster.admin.create(configMapKind, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: 'shop', name: 'conf' },
      data: {},
    })
    await world.untilPhase('Running')
  })

  test('brings changes of a configMap into its volume', async () => {
    const conf = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'shop', name: 'conf' } }
    await world.cluster.admin.create(configMapKind, { ...conf, data: { color: 'red' } })
    const { metadata } = await world.createPod({
      volumes: [{ name: 'conf', configMap: { name: 'conf' } }],
      containers: [container('app', { volumeMounts: [{ name: 'conf', mountPath: '/conf' }] })],
    })
    await world.untilPhase('Running')
    const file = join(world.directory, 'pods', metadata.uid!, 'volumes/kubernetes.io~configmap/conf/color')
    expect(await readFile(file, 'utf8')).toBe('red')
    const patch = { type: 'application/merge-patch+json', body: { data: { color: 'blue' } } } as const
    await world.cluster.admin.patch(configMapKind, { namespace: 'shop', name: 'conf' }, patch)
    await world.until('blue', async () => (await readFile(file, 'utf8')) === 'blue')
  })

  test('refuses a pod for which there is no room', async () => {
    await world.createPod({ containers: [container('app', { resources: { requests: { cpu: '1000' } } })] })
    await world.untilPhase('Failed')
    expect((await world.getPod()).status).toMatchObject({ reason: 'OutOfcpu' })
    expect(await world.runtime.list()).toEqual([])
  })

  test('gives the room of a pod that was deleted by force to the next, though it is still ending', async () => {
    const { cpu } = (await world.cluster.admin.get(nodeKind, { name: nodeName })).status?.allocatable ?? {}
    const whole = { containers: [container('app', { resources: { requests: { cpu: String(cpu) } } })] }
    await world.createPod(whole)
    await world.untilPhase('Running')
    await world.cluster.admin.delete(podKind, key, { gracePeriodSeconds: 0 })
    await world.createPod(whole)
    await world.untilPhase('Running')
  })
})
