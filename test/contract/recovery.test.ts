/** What the kubelet makes of a pod whose containers are not as the API says: after it was away, or when the runtime fails. */
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { node as nodeKind, pod as podKind } from '../../src/apis/core-v1/index.js'
import type { Pod, PodSpec } from '../../src/apis/generated/core-v1.js'
import { hashContainer } from '../../src/kubelet/pods/container-hash.js'
import { RuntimeError } from '../../src/kubelet/runtime/runtime.js'
import type { ContainerConfig, SandboxConfig } from '../../src/kubelet/runtime/types.js'
import { key, nodeName, SimulatedKubelet } from './simulated-kubelet.js'

let world: SimulatedKubelet
beforeAll(async () => {
  world = await SimulatedKubelet.create()
})
afterAll(() => world.dispose())
afterEach(async () => {
  jest.restoreAllMocks()
  delete world.behaviours.app
  await world.cluster.admin.delete(podKind, key, { gracePeriodSeconds: 0 }).catch(() => {})
  await world.until('nothing is left', async () => (await world.isGone()) && (await world.runtime.list()).length === 0)
})

const sandboxOf = ({ metadata }: Pod): SandboxConfig => ({
  pod: { ...key, uid: metadata.uid! },
  attempt: 0,
  hostname: 'sandbox',
  namespaces: { network: 'pod', ipc: 'pod', pid: 'container' },
  portMappings: [],
  sysctls: {},
  mounts: [],
})

const containerOf = ({ spec }: Pod): ContainerConfig =>
  ({
    name: 'app',
    attempt: 0,
    hash: hashContainer(spec.containers[0]!),
    image: 'app:1',
    imageRef: 'sha256:1',
    annotations: {},
  }) as unknown as ContainerConfig

/** What the runtime has of a pod that the API calls Pending. */
const beginnings: Record<string, (pod: Pod) => Promise<void>> = {
  nothing: async () => {},
  'a sandbox': async pod => {
    const { ready } = await world.runtime.runSandbox(sandboxOf(pod))
    await ready
  },
  'a sandbox that never started': async pod => {
    await world.runtime.runSandbox(sandboxOf(pod))
  },
  'a container that never started': async pod => {
    const { id, ready } = await world.runtime.runSandbox(sandboxOf(pod))
    await ready
    await world.runtime.createContainer(id, containerOf(pod))
  },
  'a container that runs': async pod => {
    const { id, ready } = await world.runtime.runSandbox(sandboxOf(pod))
    await ready
    await world.runtime.startContainer(await world.runtime.createContainer(id, containerOf(pod)))
  },
}

describe('a pod that is pending, and of which the runtime has', () => {
  test.each(Object.keys(beginnings))('%s: one sandbox and one container run in the end', async what => {
    await world.stop()
    await beginnings[what]!(await world.createPod())
    await world.start()
    await world.untilPhase('Running')
    await world.until('one of each', async () => (await world.runtime.list()).length === 2)
    expect(await world.names()).toEqual(['app/0 running'])
    expect((await world.getPod()).status?.containerStatuses?.[0]?.restartCount).toBe(0)
  })
})

type Policy = NonNullable<PodSpec['restartPolicy']>
const [always, onFailure, never] = ['Always', 'OnFailure', 'Never'] as const satisfies Policy[]

/** What happens to a running pod while the kubelet is away. */
const accidents = {
  nothing: async () => {},
  'its container succeeds': () => endApp(0),
  'its container fails': () => endApp(1),
  'its container vanishes': async () => {
    for (const { id } of await world.records()) await world.runtime.removeContainer(id)
  },
  'its sandbox dies': async () => {
    for (const { id, type } of await world.runtime.list()) if (type === 'sandbox') await world.runtime.stopSandbox(id)
  },
  'everything vanishes': async () => {
    for (const { id } of await world.runtime.list()) await world.runtime.removeContainer(id)
  },
}

/** Ends by itself: with what the behaviour says. */
async function endApp(exitCode: number): Promise<void> {
  world.behaviours.app = {}
  await world.cluster.clock.advance(exitCode === 0 ? 1000 : 2000)
}

interface Row {
  accident: keyof typeof accidents
  policy: Policy
  phase: string
  /** Of the container at the end; empty: there is none. */
  record: string
  restarts: number
}

const rows: Row[] = [
  { accident: 'nothing', policy: always, phase: 'Running', record: 'app/0 running', restarts: 0 },
  { accident: 'nothing', policy: never, phase: 'Running', record: 'app/0 running', restarts: 0 },
  { accident: 'its container succeeds', policy: always, phase: 'Running', record: 'app/1 running', restarts: 1 },
  { accident: 'its container succeeds', policy: onFailure, phase: 'Succeeded', record: 'app/0 exited', restarts: 0 },
  { accident: 'its container succeeds', policy: never, phase: 'Succeeded', record: 'app/0 exited', restarts: 0 },
  { accident: 'its container fails', policy: always, phase: 'Running', record: 'app/1 running', restarts: 1 },
  { accident: 'its container fails', policy: onFailure, phase: 'Running', record: 'app/1 running', restarts: 1 },
  { accident: 'its container fails', policy: never, phase: 'Failed', record: 'app/0 exited', restarts: 0 },
  { accident: 'its container vanishes', policy: always, phase: 'Running', record: 'app/1 running', restarts: 1 },
  { accident: 'its container vanishes', policy: onFailure, phase: 'Running', record: 'app/1 running', restarts: 1 },
  { accident: 'its container vanishes', policy: never, phase: 'Failed', record: '', restarts: 1 },
  { accident: 'its sandbox dies', policy: always, phase: 'Running', record: 'app/1 running', restarts: 1 },
  { accident: 'its sandbox dies', policy: onFailure, phase: 'Running', record: 'app/1 running', restarts: 1 },
  { accident: 'its sandbox dies', policy: never, phase: 'Failed', record: 'app/0 exited', restarts: 0 },
  { accident: 'everything vanishes', policy: always, phase: 'Running', record: 'app/1 running', restarts: 1 },
  { accident: 'everything vanishes', policy: never, phase: 'Failed', record: '', restarts: 1 },
]

describe('a pod that runs, and to which happens while the kubelet is away', () => {
  test.each(rows)('$accident, by policy $policy: $phase, $record', async row => {
    const { accident, policy, phase, record, restarts } = row
    if (accident === 'its container succeeds') world.behaviours.app = { exitAfterMs: 900 }
    if (accident === 'its container fails') world.behaviours.app = { exitAfterMs: 900, exitCode: 1 }
    await world.createPod({ restartPolicy: policy })
    await world.untilPhase('Running')
    const before = await world.records()
    await world.stop()
    await accidents[accident]()
    await world.start()
    await world.until(record, async () => !record || (await world.names()).includes(record))
    await world.untilPhase(phase)
    await world.until(
      'the count',
      async () => (await world.getPod()).status?.containerStatuses?.[0]?.restartCount === restarts,
    )
    if (!record) expect(await world.records()).toEqual([])
    if (restarts === 0) expect((await world.records()).map(({ id }) => id)).toEqual(before.map(({ id }) => id))
    const running = (await world.runtime.list()).filter(({ state }) => state === 'running')
    expect(running.map(({ type }) => type).sort()).toEqual(phase === 'Running' ? ['container', 'sandbox'] : [])
  })

  test('its deletion: it ends', async () => {
    await world.createPod()
    await world.untilPhase('Running')
    await world.stop()
    await world.cluster.admin.delete(podKind, key)
    await world.start()
    await world.until('it is gone', async () => (await world.isGone()) && (await world.runtime.list()).length === 0)
  })
})

describe('counts and pauses', () => {
  const restarts = async () => (await world.getPod()).status?.containerStatuses?.[0]?.restartCount

  test('the number of restarts goes on over a restart of the kubelet, and when all records are lost', async () => {
    world.behaviours.app = { exitAfterMs: 10, exitCode: 1 }
    await world.createPod()
    await world.until('two restarts', async () => (await restarts()) === 2, 100)
    world.behaviours.app = {}
    await world.stop()
    await world.start()
    await world.until('the third', async () => (await restarts()) === 3)
    expect(await world.names()).toContain('app/3 running')
    await world.stop()
    await accidents['everything vanishes']()
    await world.start()
    await world.until('it runs', async () => (await world.names()).some(name => name.endsWith('running')))
    await world.untilPhase('Running')
    expect(await restarts()).toBeGreaterThanOrEqual(3)
  })

  test('a container that fails again and again waits 10 s, 20 s, 40 s', async () => {
    world.behaviours.app = { exitAfterMs: 10, exitCode: 1 }
    await world.createPod()
    const runs: number[] = []
    const started = jest.spyOn(world.runtime, 'startContainer')
    await world.until(
      'five runs',
      () => {
        if (started.mock.calls.length > runs.length) runs.push(world.cluster.clock.now())
        return runs.length === 5
      },
      100,
    )
    const pauses = runs.slice(1).map((time, i) => Math.round((time - runs[i]!) / 1000))
    for (const [i, least] of [0, 10, 20, 40].entries()) {
      expect(pauses[i]).toBeGreaterThanOrEqual(least)
      expect(pauses[i]).toBeLessThan(least + 10)
    }
  })

  test('a sandbox that cannot be made is tried again after growing pauses, of 10 s at most', async () => {
    const { runtime, cluster } = world
    const tries: number[] = []
    jest.spyOn(runtime, 'runSandbox').mockImplementation(async () => {
      tries.push(cluster.clock.now())
      throw new RuntimeError('other', 'no more addresses')
    })
    await world.createPod()
    await world.until('nine tries', () => tries.length >= 9, 50)
    const pauses = tries.slice(1, 9).map((time, i) => time - tries[i]!)
    for (const [i, least] of [500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000].entries()) {
      expect(pauses[i]).toBeGreaterThanOrEqual(least)
      expect(pauses[i]).toBeLessThan(least + 10_000)
    }
    expect(await cluster.events('web')).toContain('Failed to create pod sandbox: no more addresses')
    jest.restoreAllMocks()
    await world.untilPhase('Running', 100)
  })
})

describe('a runtime that does not answer', () => {
  let release = () => {}
  const released = new Promise<void>(resolve => {
    release = resolve
  })
  const ready = async () =>
    (await world.cluster.admin.get(nodeKind, { name: nodeName })).status?.conditions?.find(
      ({ type }) => type === 'Ready',
    )

  const down = (): Promise<void> => Promise.reject(new RuntimeError('unavailable', 'connect ECONNREFUSED'))
  const calls = ['listImages', 'list', 'status'] as const

  test.each([
    ['hangs', (): Promise<void> => released, 'container runtime is down: no answer within 30 s'],
    ['is down', down, 'container runtime is down: connect ECONNREFUSED'],
  ])('%s: the node is not ready, its pods are left alone, and it comes back', async (_, answer, message) => {
    const { runtime } = world
    await world.createPod()
    await world.untilPhase('Running')
    const before = await world.names()
    for (const call of calls) {
      const real = runtime[call].bind(runtime) as () => Promise<never>
      jest.spyOn(runtime, call).mockImplementation((): Promise<never> => answer().then(real))
    }
    await world.until('not ready', async () => (await ready())?.status === 'False', 500)
    expect(await ready()).toMatchObject({ reason: 'KubeletNotReady', message })
    jest.restoreAllMocks()
    release()
    await world.until('ready', async () => (await ready())?.status === 'True', 500)
    expect(await world.names()).toEqual(before)
    expect((await world.getPod()).status?.phase).toBe('Running')
  })

  test('a list that never comes is given up', async () => {
    await world.createPod()
    await world.untilPhase('Running')
    const list = jest.spyOn(world.runtime, 'list').mockImplementationOnce(() => new Promise(() => {}))
    await world.cluster.admin.delete(podKind, key, { gracePeriodSeconds: 0 })
    await world.until('it is asked for', () => list.mock.calls.length > 0)
    await world.until('it is gone', async () => (await world.runtime.list()).length === 0, 500)
  })
})
