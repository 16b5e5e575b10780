/** Short ways to say what tests need of a pod and of what the runtime has. */
import type { Container, Pod, PodSpec } from '../../apis/generated/core-v1.js'
import { hashContainer } from '../pods/container-hash.js'
import { type PodState, podStateOf } from '../pods/pod-state.js'
import type { ContainerStatus } from '../runtime/types.js'

export const container = (name: string, over: Partial<Container> = {}): Container => ({ name, image: 'app:1', ...over })

/** `app` is the only container unless the spec says otherwise. */
export function newPod(spec: Partial<PodSpec> = {}, metadata: Pod['metadata'] = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'shop', uid: 'u-1', generation: 1, resourceVersion: '1', ...metadata },
    spec: { restartPolicy: 'Always', containers: [container('app')], ...spec },
    status: {},
  }
}

let created = 0

/** A record of the runtime; later ones are newer. */
export function record(over: Partial<ContainerStatus> = {}): ContainerStatus {
  created++
  const name = over.name ?? 'app'
  return {
    id: `id-${name || 'sandbox'}-${created}`,
    type: name === '' ? 'sandbox' : 'container',
    pod: { namespace: 'shop', name: 'web', uid: 'u-1' },
    name,
    attempt: 0,
    hash: hashContainer(container(name)),
    sandboxId: 'box',
    state: 'running',
    createdAt: created,
    startedAt: 1000,
    image: 'app:1',
    imageRef: 'sha256:1',
    annotations: {},
    ips: [],
    ...over,
  }
}

export const sandbox = (over: Partial<ContainerStatus> = {}) =>
  record({ name: '', id: 'box', ips: ['10.0.0.7'], ...over })

export const exited = (name: string, exitCode: number, over: Partial<ContainerStatus> = {}) =>
  record({ name, state: 'exited', exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', finishedAt: 2000, ...over })

/** With a running sandbox. */
export const stateWith = (...records: ContainerStatus[]): PodState => podStateOf([sandbox(), ...records])
