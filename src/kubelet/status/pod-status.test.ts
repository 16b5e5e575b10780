import { describe, expect, test } from '@jest/globals'
import type { Pod, PodStatus } from '../../apis/generated/core-v1.js'
import { emptyPodState, type PodState, podStateOf } from '../pods/pod-state.js'
import { container, exited, newPod, record, sandbox, stateWith } from '../testing/pods.js'
import type { StartFailure } from './container-statuses.js'
import { type ProbeVerdicts, podStatusOf } from './pod-status.js'
import { terminatedStatus } from './terminated-status.js'

const now = Date.parse('2026-01-02T03:04:05Z')
const good: ProbeVerdicts = { isStarted: () => true, isReady: () => true }

interface Options {
  failures?: Record<string, StartFailure>
  probes?: ProbeVerdicts
  terminal?: boolean
  verdict?: { reason: string; message: string }
}

function statusOf(pod: Pod, state: PodState, options: Options = {}): PodStatus {
  return podStatusOf({
    pod,
    state,
    runtimeName: 'docker',
    failures: new Map(Object.entries(options.failures ?? {})),
    probes: options.probes ?? good,
    hostIPs: ['192.0.2.1'],
    terminal: options.terminal ?? false,
    ...(options.verdict && { verdict: options.verdict }),
    now,
  })
}

const conditions = ({ conditions: all = [] }: PodStatus) =>
  Object.fromEntries(all.map(({ type, status, reason }) => [type, reason ? `${status} ${reason}` : status]))

const never = newPod({ restartPolicy: 'Never' })
const withInit = newPod({ initContainers: [container('init')] })

describe('podStatusOf', () => {
  test.each([
    { name: 'is Pending before anything runs', pod: newPod(), state: emptyPodState, phase: 'Pending' },
    { name: 'is Running with a running container', pod: newPod(), state: stateWith(record()), phase: 'Running' },
    { name: 'stays Running between restarts', pod: newPod(), state: stateWith(exited('app', 1)), phase: 'Running' },
    {
      name: 'has Succeeded when all exited with 0',
      pod: never,
      state: stateWith(exited('app', 0)),
      phase: 'Succeeded',
    },
    {
      name: 'has Failed when one exited with another code',
      pod: never,
      state: stateWith(exited('app', 2)),
      phase: 'Failed',
    },
    {
      name: 'has Succeeded when it was stopped for good with 0',
      pod: newPod(),
      state: stateWith(exited('app', 0)),
      terminal: true,
      phase: 'Succeeded',
    },
    {
      name: 'has Failed when it was killed for good',
      pod: newPod(),
      state: stateWith(exited('app', 137)),
      terminal: true,
      phase: 'Failed',
    },
    {
      name: 'is Pending while it initializes',
      pod: withInit,
      state: stateWith(record({ name: 'init' })),
      phase: 'Pending',
    },
    {
      name: 'keeps a terminal phase',
      pod: { ...newPod(), status: { phase: 'Failed' } },
      state: stateWith(record()),
      phase: 'Failed',
    },
  ])('$name', ({ pod, state, terminal = false, phase }) => {
    expect(statusOf(pod, state, { terminal }).phase).toBe(phase)
  })

  test('of a running pod', () => {
    const status = statusOf(newPod(), stateWith(record({ id: 'abc', attempt: 2 })))
    expect(conditions(status)).toEqual({
      PodReadyToStartContainers: 'True',
      Initialized: 'True',
      Ready: 'True',
      ContainersReady: 'True',
      PodScheduled: 'True',
    })
    expect(status).toMatchObject({
      observedGeneration: 1,
      hostIP: '192.0.2.1',
      hostIPs: [{ ip: '192.0.2.1' }],
      podIP: '10.0.0.7',
      podIPs: [{ ip: '10.0.0.7' }],
      startTime: '2026-01-02T03:04:05Z',
      qosClass: 'BestEffort',
    })
    expect(status.containerStatuses![0]).toMatchObject({
      name: 'app',
      containerID: 'docker://abc',
      imageID: 'sha256:1',
      ready: true,
      started: true,
      restartCount: 2,
      state: { running: { startedAt: '1970-01-01T00:00:01Z' } },
    })
  })

  test('tells why containers are not ready', () => {
    const status = statusOf(newPod(), stateWith(record()), { probes: { ...good, isReady: () => false } })
    const ready = status.conditions!.find(({ type }) => type === 'Ready')
    expect(ready).toMatchObject({
      status: 'False',
      reason: 'ContainersNotReady',
      message: 'containers with unready status: [app]',
    })
  })

  test('waits for readiness gates', () => {
    const pod = newPod({ readinessGates: [{ conditionType: 'lb' }] })
    const [ready] = statusOf(pod, stateWith(record())).conditions!.filter(({ type }) => type === 'Ready')
    expect(ready?.message).toBe('corresponding condition of pod readiness gate "lb" does not exist.')
    pod.status = { conditions: [{ type: 'lb', status: 'True' }] }
    expect(conditions(statusOf(pod, stateWith(record())))).toMatchObject({ Ready: 'True', lb: 'True' })
  })

  test('shows the reason why a container cannot start, and how it ended before', () => {
    const failures = { app: { reason: 'CrashLoopBackOff', message: 'back-off' } }
    const [app] = statusOf(newPod(), stateWith(exited('app', 3)), { failures }).containerStatuses!
    expect(app).toMatchObject({
      state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off' } },
      lastState: { terminated: { exitCode: 3, reason: 'Error' } },
    })
  })

  test('shows the end of the run before', () => {
    const state = stateWith(exited('app', 3, { attempt: 0 }), record({ attempt: 1 }))
    const [app] = statusOf(newPod(), state).containerStatuses!
    expect(app).toMatchObject({ restartCount: 1, state: { running: {} }, lastState: { terminated: { exitCode: 3 } } })
  })

  test('waits with ContainerCreating, or PodInitializing behind init containers', () => {
    expect(statusOf(newPod(), emptyPodState).containerStatuses![0]!.state).toEqual({
      waiting: { reason: 'ContainerCreating' },
    })
    const status = statusOf(withInit, emptyPodState)
    expect(status.containerStatuses![0]!.state).toEqual({ waiting: { reason: 'PodInitializing' } })
    expect(conditions(status)).toMatchObject({
      Initialized: 'False ContainersNotInitialized',
      PodReadyToStartContainers: 'False',
    })
  })

  test('counts a container that vanished as ended', () => {
    const pod = newPod()
    pod.status = statusOf(pod, stateWith(record()))
    const [app] = statusOf(pod, emptyPodState).containerStatuses!
    expect(app).toMatchObject({
      restartCount: 1,
      lastState: { terminated: { exitCode: 137, reason: 'ContainerStatusUnknown' } },
    })
  })

  test('keeps the time of a condition that did not change, and the address of a pod that ended', () => {
    const pod = newPod()
    pod.status = statusOf(pod, stateWith(record()))
    for (const condition of pod.status.conditions!) condition.lastTransitionTime = 'before'
    const status = statusOf(pod, podStateOf([sandbox({ state: 'exited', ips: [] }), exited('app', 0)]), {
      terminal: true,
    })
    const times = Object.fromEntries(status.conditions!.map(c => [c.type, c.lastTransitionTime]))
    expect(times).toMatchObject({ PodScheduled: 'before', Initialized: 'before', Ready: '2026-01-02T03:04:05Z' })
    expect(status.podIP).toBe('10.0.0.7')
    expect(conditions(status)).toMatchObject({ Initialized: 'True PodCompleted', Ready: 'False PodCompleted' })
  })

  test('fails a pod that the node refused', () => {
    const verdict = { reason: 'OutOfcpu', message: 'Pod was rejected: no' }
    expect(statusOf(newPod(), emptyPodState, { verdict })).toMatchObject({ phase: 'Failed', ...verdict })
  })
})

describe('terminatedStatus', () => {
  test('takes what was not seen to end as failed', () => {
    const status = terminatedStatus(statusOf(newPod(), stateWith(record())))
    expect(status.phase).toBe('Failed')
    expect(status.containerStatuses![0]!.state!.terminated).toMatchObject({
      exitCode: 137,
      reason: 'ContainerStatusUnknown',
    })
  })

  test('leaves containers that never had their turn', () => {
    const status = terminatedStatus(statusOf(withInit, stateWith(record({ name: 'init' }))))
    expect(status.initContainerStatuses![0]!.state).toHaveProperty('terminated')
    expect(status.containerStatuses![0]!.state).toEqual({ waiting: { reason: 'PodInitializing' } })
  })
})
