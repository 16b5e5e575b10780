import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { ContainerResizePolicy } from '../../apis/generated/core-v1.js'
import { resizeRefusalOf } from '../node/admission.js'
import { podConditions } from '../status/conditions.js'
import { statusPatch } from '../status/status-writer.js'
import { container, newPod, record, sandbox, stateWith } from '../testing/pods.js'
import { planPod } from './plan-pod.js'
import { completionMessage, PodResize } from './pod-resize.js'

const podWith = (cpu: string, resizePolicy?: ContainerResizePolicy[]) =>
  newPod({
    containers: [container('app', { resources: { requests: { cpu } }, ...(resizePolicy && { resizePolicy }) })],
  })
const cpuOf = (pod: ReturnType<typeof podWith>) => pod.spec.containers[0]?.resources?.requests?.cpu

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'resize-'))
})
afterAll(() => rm(directory, { recursive: true }))

describe('PodResize', () => {
  test('gives what is asked for once nothing speaks against it, and remembers it', async () => {
    const file = join(directory, 'resources.json')
    const resize = new PodResize(file)
    await resize.load(podWith('1'))
    await resize.allocate(podWith('2'), () => ({ reason: 'Deferred', message: 'no room' }))
    expect(cpuOf(resize.allocated(podWith('2')))).toBe('1')
    expect(resize.refusal).toEqual({ reason: 'Deferred', message: 'no room' })
    await resize.allocate(podWith('2'), () => undefined)
    expect(cpuOf(resize.allocated(podWith('2')))).toBe('2')
    expect(resize.refusal).toBeUndefined()
    expect([resize.isUnderWay, resize.settle(true), resize.settle(false), resize.settle(false)]).toEqual([
      true,
      false,
      true,
      false,
    ])

    const restarted = new PodResize(file)
    await restarted.load(podWith('3'))
    expect(cpuOf(restarted.allocated(podWith('3')))).toBe('2')
  })

  test('knows what containers run with, and forgets those that are gone', async () => {
    const file = join(directory, 'actuated.json')
    const resize = new PodResize(file)
    await resize.load(podWith('1'))
    const started = ['1', '2'].map(cpu => resize.actuate(`id-${cpu}`, { requests: { cpu } }))
    await Promise.all(started)
    expect(JSON.parse(await readFile(file, 'utf8')).actuated).toHaveProperty('id-1')
    resize.retain(new Set(['id-2']))
    expect([resize.actuated('id-1'), resize.actuated('id-2')]).toEqual([undefined, { requests: { cpu: '2' } }])
  })
})

describe('planPod', () => {
  const probes = { liveness: () => undefined, startup: () => undefined }
  const running = record({ id: 'c' })
  const plan = (pod: ReturnType<typeof podWith>) =>
    planPod({ pod, state: stateWith(running), probes, actuated: () => ({ requests: { cpu: '1000m' } }) })

  test('leaves a container alone whose resources are the same in other words', () => {
    expect(plan(podWith('1'))).toMatchObject({ resize: [], kill: [], containers: [] })
  })

  test('changes resources in place', () => {
    expect(plan(podWith('2'))).toMatchObject({ resize: [running], kill: [], containers: [], killPod: false })
  })

  test('restarts where the policy of that resource says so', () => {
    const policy = [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }]
    expect(plan(podWith('2', policy))).toMatchObject({
      resize: [],
      kill: [{ container: running, message: 'Container app resize requires restart' }],
      containers: ['app'],
    })
    const other = [{ resourceName: 'memory', restartPolicy: 'RestartContainer' }]
    expect(plan(podWith('2', other)).resize).toEqual([running])
  })
})

test.each([
  [
    'more than the node has',
    '3',
    'Infeasible',
    "Node didn't have enough capacity: cpu, requested: 3000, capacity: 2000",
  ],
  [
    'more than is left',
    '1500m',
    'Deferred',
    "Node didn't have enough resource: cpu, requested: 1500, used: 1000, capacity: 2000",
  ],
])('%s is refused', (_, cpu, reason, message) => {
  const allocatable = { cpu: '2', memory: '1Gi', pods: '10' }
  expect(resizeRefusalOf({ pod: podWith(cpu), others: [podWith('1')], allocatable })).toEqual({ reason, message })
})

test('conditions come and go with the resize', () => {
  const actuated = () => undefined
  const conditions = (resize: {
    refusal?: { reason: string; message: string }
    failure?: string
    isUnderWay: boolean
  }) =>
    podConditions(
      {
        pod: newPod(),
        state: stateWith(sandbox()),
        phase: 'Running',
        statuses: [],
        others: [],
        resize: { refusal: undefined, failure: undefined, actuated, ...resize },
      },
      'now',
    ).slice(5)
  const refusal = { reason: 'Deferred', message: 'no room' }
  expect(conditions({ refusal, isUnderWay: false })).toMatchObject([
    { type: 'PodResizePending', status: 'True', ...refusal },
  ])
  expect(conditions({ isUnderWay: true, failure: 'busy' })).toMatchObject([
    { type: 'PodResizeInProgress', status: 'True', reason: 'Error', message: 'busy' },
  ])
  expect(conditions({ isUnderWay: false })).toEqual([])
  const before = { conditions: [{ type: 'PodResizePending', status: 'True' }] }
  expect(statusPatch(before, { conditions: [] })).toEqual({
    conditions: [{ $patch: 'delete', type: 'PodResizePending' }],
  })
})

test('completionMessage names what was given', () => {
  expect(completionMessage(podWith('2'))).toBe(
    'Pod resize completed: {"containers":[{"name":"app","resources":{"requests":{"cpu":"2"}}}]}',
  )
})
