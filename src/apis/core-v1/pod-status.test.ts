import { describe, expect, test } from '@jest/globals'
import type { ContainerStatus, Pod, PodSpec, PodStatus } from '../generated/core-v1.js'
import { isPodActive, isPodAvailable, isPodReady, setCondition } from './pod-status.js'
import { printReadinessGates, printRestarts, summarizePod } from './pod-summary.js'

const at = (seconds: number) => new Date(Date.UTC(2025, 0, 1) + seconds * 1000).toISOString().replace('.000', '')
const now = Date.parse(at(600))

function podOf(status: PodStatus, spec: Partial<PodSpec> = {}, deleted = false): Pod {
  const metadata = { name: 'web', ...(deleted && { deletionTimestamp: at(0) }) }
  return { metadata, spec: { containers: [{ name: 'app' }], ...spec }, status } as Pod
}
const container = (rest: Partial<ContainerStatus>): ContainerStatus => ({
  name: 'app',
  image: '',
  imageID: '',
  ready: false,
  restartCount: 0,
  ...rest,
})
const running = container({ ready: true, started: true, state: { running: {} } })

describe('ready and available', () => {
  const readySince = (seconds: number): PodStatus => ({
    conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: at(seconds) }],
  })
  test('a pod without conditions is not ready', () => {
    expect(isPodReady({})).toBe(false)
  })
  test.each([
    [0, 600, true],
    [10, 590, true],
    [11, 590, false],
  ])('with minReadySeconds %i, ready since second %i of 600: %p', (minimum, since, wanted) => {
    expect(isPodAvailable({ status: readySince(since) }, minimum, now)).toBe(wanted)
  })
  test('a finished or deleted pod is not active', () => {
    expect(isPodActive(podOf({ phase: 'Running' }))).toBe(true)
    expect(isPodActive(podOf({ phase: 'Succeeded' }))).toBe(false)
    expect(isPodActive(podOf({ phase: 'Running' }, {}, true))).toBe(false)
  })
})

describe('setting a condition', () => {
  test('keeps the transition time while the status stays', () => {
    const status: PodStatus = {}
    expect(setCondition(status, { type: 'Ready', status: 'False' }, at(1))).toBe(true)
    expect(setCondition(status, { type: 'Ready', status: 'False' }, at(2))).toBe(false)
    expect(setCondition(status, { type: 'Ready', status: 'False', reason: 'Slow' }, at(3))).toBe(true)
    expect(setCondition(status, { type: 'Ready', status: 'True' }, at(4))).toBe(true)
    expect(status.conditions).toEqual([{ type: 'Ready', status: 'True', lastTransitionTime: at(4) }])
  })
})

describe('the state of a pod in words', () => {
  const sidecarSpec: Partial<PodSpec> = {
    initContainers: [{ name: 'side', restartPolicy: 'Always' }, { name: 'init' }],
  }
  const side = (rest: Partial<ContainerStatus>) => container({ name: 'side', ...rest })
  test.each<[string, Pod, string]>([
    ['its phase', podOf({ phase: 'Pending' }), '0/1 Pending'],
    ['its own reason', podOf({ phase: 'Failed', reason: 'Evicted' }), '0/1 Evicted'],
    [
      'gated',
      podOf({ phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] }),
      '0/1 SchedulingGated',
    ],
    ['running', podOf({ phase: 'Running', containerStatuses: [running] }), '1/1 Running'],
    [
      'waiting',
      podOf({
        phase: 'Running',
        containerStatuses: [container({ state: { waiting: { reason: 'CrashLoopBackOff' } } })],
      }),
      '0/1 CrashLoopBackOff',
    ],
    [
      'ended with a code',
      podOf({ phase: 'Failed', containerStatuses: [container({ state: { terminated: { exitCode: 3 } } })] }),
      '0/1 ExitCode:3',
    ],
    [
      'killed by a signal',
      podOf({
        phase: 'Failed',
        containerStatuses: [container({ state: { terminated: { exitCode: 137, signal: 9 } } })],
      }),
      '0/1 Signal:9',
    ],
    [
      'one of two ended',
      podOf(
        {
          phase: 'Running',
          containerStatuses: [
            container({ name: 'one', state: { terminated: { exitCode: 0, reason: 'Completed' } } }),
            running,
          ],
        },
        { containers: [{ name: 'one' }, { name: 'app' }] },
      ),
      '1/2 NotReady',
    ],
    ['being deleted', podOf({ phase: 'Running', containerStatuses: [running] }, {}, true), '1/1 Terminating'],
    ['finished while deleted', podOf({ phase: 'Succeeded' }, {}, true), '0/1 Succeeded'],
    ['on a lost node', podOf({ phase: 'Running', reason: 'NodeLost' }, {}, true), '0/1 Unknown'],
    [
      'an init container to come',
      podOf(
        { phase: 'Pending', initContainerStatuses: [container({ name: 'i', state: { waiting: {} } })] },
        { initContainers: [{ name: 'i' }, { name: 'j' }] },
      ),
      '0/1 Init:0/2',
    ],
    [
      'an init container that fails',
      podOf(
        {
          phase: 'Pending',
          initContainerStatuses: [container({ name: 'i', state: { terminated: { exitCode: 1, reason: 'Error' } } })],
        },
        { initContainers: [{ name: 'i' }] },
      ),
      '0/1 Init:Error',
    ],
    [
      'a sidecar that started, an init container to come',
      podOf(
        {
          phase: 'Pending',
          initContainerStatuses: [
            side({ started: true, ready: true, state: { running: {} } }),
            container({ name: 'init', state: { waiting: { reason: 'PodInitializing' } } }),
          ],
        },
        sidecarSpec,
      ),
      '1/2 Init:1/2',
    ],
    [
      'a sidecar that is not ready',
      podOf(
        {
          phase: 'Running',
          initContainerStatuses: [
            side({ started: true, state: { running: {} } }),
            container({ name: 'init', state: { terminated: { exitCode: 0 } } }),
          ],
          containerStatuses: [running],
        },
        sidecarSpec,
      ),
      '1/2 Running',
    ],
  ])('%s', (_, pod, wanted) => {
    const { ready, total, reason } = summarizePod(pod)
    expect(`${ready}/${total} ${reason}`).toBe(wanted)
  })

  test('restarts are counted, with the age of the last', () => {
    const finished = (seconds: number) => ({ terminated: { exitCode: 1, finishedAt: at(seconds) } })
    const containerStatuses = [
      container({ restartCount: 2, lastState: finished(300) }),
      container({ name: 'two', restartCount: 1, lastState: finished(100) }),
    ]
    const summary = summarizePod(podOf({ phase: 'Running', containerStatuses }))
    expect(printRestarts(summary, now)).toBe('3 (5m ago)')
    expect(printRestarts({ ...summary, lastRestart: '' }, now)).toBe('3')
    expect(printRestarts({ ...summary, restarts: 0 }, now)).toBe('0')
  })

  test('readiness gates', () => {
    const conditions = [{ type: 'a/b', status: 'True' }]
    const readinessGates = [{ conditionType: 'a/b' }, { conditionType: 'c/d' }]
    expect(printReadinessGates(podOf({ conditions }, { readinessGates }))).toBe('1/2')
    expect(printReadinessGates(podOf({}))).toBe('<none>')
  })
})
