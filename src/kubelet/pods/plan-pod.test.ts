import { describe, expect, test } from '@jest/globals'
import type { Pod } from '../../apis/generated/core-v1.js'
import { container, exited, newPod, record, sandbox, stateWith } from '../testing/pods.js'
import { type PodPlan, type ProbeOutcomes, planPod } from './plan-pod.js'
import { emptyPodState, type PodState, podStateOf } from './pod-state.js'

const quiet: ProbeOutcomes = { liveness: () => undefined, startup: () => undefined }
const sidecar = (name: string, over = {}) => container(name, { restartPolicy: 'Always', ...over })
const two = newPod({ containers: [container('app'), container('log')] })
const withInits = newPod({ initContainers: [container('one'), container('two')] })
const withSidecar = newPod({ initContainers: [sidecar('proxy'), container('migrate')] })
const never = newPod({ restartPolicy: 'Never' })
const onFailure = newPod({ restartPolicy: 'OnFailure' })

interface Row {
  name: string
  pod: Pod
  state: PodState
  plan: Partial<Omit<PodPlan, 'kill'>>
  probes?: ProbeOutcomes
  kill?: string[]
}

const rows: Row[] = [
  {
    name: 'makes a sandbox and all containers of a new pod',
    pod: two,
    state: emptyPodState,
    plan: { createSandbox: true, attempt: 0, containers: ['app', 'log'] },
  },
  {
    name: 'begins with the first init container',
    pod: withInits,
    state: emptyPodState,
    plan: { createSandbox: true, initContainers: ['one'], containers: [] },
  },
  {
    name: 'rests when all runs',
    pod: two,
    state: stateWith(record(), record({ name: 'log' })),
    plan: { killPod: false, containers: [] },
  },
  { name: 'starts what is missing', pod: two, state: stateWith(record()), plan: { containers: ['log'] } },
  {
    name: 'restarts what exited, by policy Always',
    pod: newPod(),
    state: stateWith(exited('app', 0)),
    plan: { containers: ['app'] },
  },
  {
    name: 'restarts a failure, by policy OnFailure',
    pod: onFailure,
    state: stateWith(exited('app', 1)),
    plan: { containers: ['app'] },
  },
  {
    name: 'ends a pod that succeeded, by policy OnFailure',
    pod: onFailure,
    state: stateWith(exited('app', 0)),
    plan: { killPod: true, createSandbox: false, containers: [] },
  },
  {
    name: 'ends a pod that failed, by policy Never',
    pod: never,
    state: stateWith(exited('app', 1)),
    plan: { killPod: true, createSandbox: false, containers: [] },
  },
  {
    name: 'starts again what was created and never ran',
    pod: newPod(),
    state: stateWith(record({ state: 'created' })),
    plan: { containers: ['app'] },
  },
  {
    name: 'starts nothing in a pod that is being deleted',
    pod: newPod({}, { deletionTimestamp: 'now' }),
    state: stateWith(exited('app', 1)),
    plan: { containers: [], killPod: true },
  },
  {
    name: 'replaces a sandbox that died',
    pod: newPod(),
    state: podStateOf([sandbox({ state: 'exited', attempt: 2 }), record()]),
    plan: { killPod: true, createSandbox: true, attempt: 3, containers: ['app'] },
  },
  {
    name: 'replaces no sandbox of a pod that has run, by policy Never',
    pod: never,
    state: podStateOf([sandbox({ state: 'exited' }), exited('app', 0)]),
    plan: { killPod: true, createSandbox: false },
  },
  {
    name: 'replaces a container whose image changed',
    pod: newPod(),
    state: stateWith(record({ hash: 'other' })),
    plan: { containers: ['app'] },
    kill: ['Container app definition changed, will be restarted'],
  },
  {
    name: 'runs the next init container once one has succeeded',
    pod: withInits,
    state: stateWith(exited('one', 0)),
    plan: { initContainers: ['two'], containers: [] },
  },
  {
    name: 'waits while an init container runs',
    pod: withInits,
    state: stateWith(record({ name: 'one' })),
    plan: { initContainers: [], containers: [], killPod: false },
  },
  {
    name: 'starts the containers after the last init container',
    pod: withInits,
    state: stateWith(exited('one', 0), exited('two', 0)),
    plan: { initContainers: [], containers: ['app'] },
  },
  {
    name: 'knows that initialization is over when early records are gone',
    pod: withInits,
    state: stateWith(exited('two', 0)),
    plan: { containers: ['app'] },
  },
  {
    name: 'repeats a failed init container',
    pod: withInits,
    state: stateWith(exited('one', 1)),
    plan: { initContainers: ['one'], containers: [] },
  },
  {
    name: 'fails the pod with its init container, by policy Never',
    pod: newPod({ restartPolicy: 'Never', initContainers: [container('one')] }),
    state: stateWith(exited('one', 1)),
    plan: { killPod: true, initContainers: [], containers: [] },
  },
  {
    name: 'never initializes again while a container runs',
    pod: withInits,
    state: stateWith(record()),
    plan: { initContainers: [], containers: [] },
  },
  {
    name: 'goes on behind a sidecar that runs',
    pod: withSidecar,
    state: stateWith(record({ name: 'proxy' })),
    plan: { initContainers: ['migrate'], containers: [] },
  },
  {
    name: 'restarts a sidecar beside its pod',
    pod: withSidecar,
    state: stateWith(exited('proxy', 1), exited('migrate', 0), record()),
    plan: { initContainers: ['proxy'], containers: [] },
  },
  {
    name: 'ends the pod with its sidecar once its containers are done',
    pod: newPod({ restartPolicy: 'Never', initContainers: [sidecar('proxy')] }),
    state: stateWith(record({ name: 'proxy' }), exited('app', 0)),
    plan: { killPod: true, initContainers: [] },
  },
  {
    name: 'holds back behind a sidecar until its startup probe succeeds',
    pod: newPod({ initContainers: [sidecar('proxy', { startupProbe: {} }), container('migrate')] }),
    state: stateWith(record({ name: 'proxy' })),
    plan: { initContainers: [], containers: [] },
  },
  {
    name: 'replaces a sidecar whose startup probe failed',
    pod: newPod({ initContainers: [sidecar('proxy', { startupProbe: {} })] }),
    state: stateWith(record({ name: 'proxy' })),
    probes: { ...quiet, startup: () => 'failure' },
    plan: { initContainers: ['proxy'], containers: [] },
    kill: ['Init container proxy failed startup probe'],
  },
  {
    name: 'restarts a container that failed its liveness probe',
    pod: newPod(),
    state: stateWith(record()),
    probes: { ...quiet, liveness: () => 'failure' },
    plan: { containers: ['app'] },
    kill: ['Container app failed liveness probe, will be restarted'],
  },
  {
    name: 'ends a container that failed its liveness probe, by policy Never',
    pod: never,
    state: stateWith(record()),
    probes: { ...quiet, liveness: () => 'failure' },
    plan: { containers: [], killPod: true },
    kill: ['Container app failed liveness probe'],
  },
  {
    name: 'starts an ephemeral container once',
    pod: newPod({ ephemeralContainers: [container('debug'), container('old')] }),
    state: stateWith(record(), exited('old', 1)),
    plan: { ephemeralContainers: ['debug'] },
  },
]

describe('planPod', () => {
  test.each(rows)('$name', ({ pod, state, plan, probes = quiet, kill = [] }) => {
    const made = planPod({ pod, state, probes, actuated: () => undefined })
    expect(made).toMatchObject(plan)
    expect(made.kill.map(({ message }) => message)).toEqual(kill)
  })
})
