import { describe, expect, test } from '@jest/globals'
import { container, newPod } from '../testing/pods.js'
import { type AdmissionInput, refusalOf } from './admission.js'
import { type NodeInput, newNode } from './node-object.js'

const input: NodeInput = {
  name: 'n1',
  hostname: 'host',
  addresses: ['192.0.2.1'],
  labels: { zone: 'a' },
  taints: [],
  machine: {
    cpus: 2,
    memory: 8 * 2 ** 30,
    disk: 100 * 2 ** 30,
    diskFree: 50 * 2 ** 30,
    architecture: 'amd64',
    kernelVersion: '6.1',
    osImage: 'Debian',
    machineId: 'm',
    systemUuid: 's',
    bootId: 'b',
  },
  capacity: {},
  runtime: { name: 'docker', version: '20.10.24' },
  images: [
    { id: 'sha256:1', tags: ['a:1'], digests: [], sizeBytes: 1, user: '' },
    { id: 'sha256:2', tags: ['b:1'], digests: ['b@sha256:3'], sizeBytes: 2, user: '' },
  ],
  pressures: new Set(),
  reserved: { cpu: 500, memory: 100 * 2 ** 20, 'ephemeral-storage': 10 * 2 ** 30 },
  notReady: undefined,
  kubeletPort: 10250,
  before: [],
  now: Date.parse('2026-01-02T03:04:05Z'),
}
const conditions = (over: Partial<NodeInput>) =>
  Object.fromEntries(
    newNode({ ...input, ...over }).status!.conditions!.map(c => [c.type, `${c.status} ${c.reason} ${c.message}`]),
  )

describe('newNode', () => {
  test('says what the machine has', () => {
    const { metadata, status } = newNode(input)
    expect(metadata.labels).toEqual({
      'beta.kubernetes.io/arch': 'amd64',
      'beta.kubernetes.io/os': 'linux',
      'kubernetes.io/arch': 'amd64',
      'kubernetes.io/hostname': 'host',
      'kubernetes.io/os': 'linux',
      zone: 'a',
    })
    expect(status).toMatchObject({
      capacity: { cpu: '2', memory: '8Gi', pods: '110', 'ephemeral-storage': '100Gi', 'hugepages-2Mi': '0' },
      allocatable: { cpu: '1500m', memory: '8092Mi', 'ephemeral-storage': String(90 * 2 ** 30) },
      addresses: [
        { type: 'InternalIP', address: '192.0.2.1' },
        { type: 'Hostname', address: 'host' },
      ],
      images: [{ names: ['b@sha256:3', 'b:1'] }, { names: ['a:1'] }],
      nodeInfo: { containerRuntimeVersion: 'docker://20.10.24', kubeletVersion: 'v1.34.4', osImage: 'Debian' },
    })
  })

  test('tells of its health in upstream words', () => {
    expect(conditions({})).toEqual({
      MemoryPressure: 'False KubeletHasSufficientMemory kubelet has sufficient memory available',
      DiskPressure: 'False KubeletHasNoDiskPressure kubelet has no disk pressure',
      PIDPressure: 'False KubeletHasSufficientPID kubelet has sufficient PID available',
      Ready: 'True KubeletReady kubelet is posting ready status',
    })
    expect(
      conditions({
        notReady: 'container runtime is down',
        pressures: new Set(['MemoryPressure', 'DiskPressure', 'PIDPressure'] as const),
      }),
    ).toEqual({
      MemoryPressure: 'True KubeletHasInsufficientMemory kubelet has insufficient memory available',
      DiskPressure: 'True KubeletHasDiskPressure kubelet has disk pressure',
      PIDPressure: 'True KubeletHasInsufficientPID kubelet has insufficient PID available',
      Ready: 'False KubeletNotReady container runtime is down',
    })
  })
})

describe('refusalOf', () => {
  const pod = (cpu: string, over = {}) =>
    newPod({ containers: [container('app', { resources: { requests: { cpu } }, ...over })] })
  const ask = (over: Partial<AdmissionInput>) =>
    refusalOf({ pod: pod('500m'), others: [], allocatable: { cpu: '1', pods: '2' }, labels: { zone: 'a' }, ...over })

  test('takes what fits', () => {
    expect(ask({ others: [pod('500m')] })).toBeUndefined()
  })

  test('does not count what somebody else told the node to have', () => {
    const requests = { cpu: '500m', 'example.com/foo': '2' }
    expect(ask({ pod: newPod({ containers: [{ name: 'c', image: 'i', resources: { requests } }] }) })).toBeUndefined()
  })

  test.each([
    [
      'too little cpu',
      { others: [pod('600m')] },
      'OutOfcpu',
      "Pod was rejected: Node didn't have enough resource: cpu, requested: 500, used: 600, capacity: 1000",
    ],
    [
      'too many pods',
      { others: [pod('1m'), pod('1m')] },
      'OutOfpods',
      "Pod was rejected: Node didn't have enough resource: pods, requested: 1, used: 2, capacity: 2",
    ],
    [
      'another node',
      { pod: newPod({ nodeSelector: { zone: 'b' } }) },
      'NodeAffinity',
      "Pod was rejected: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
    ],
    [
      'a port that is taken',
      {
        pod: pod('1m', { ports: [{ containerPort: 1, hostPort: 80 }] }),
        others: [pod('1m', { ports: [{ containerPort: 2, hostPort: 80, hostIP: '192.0.2.1' }] })],
      },
      'NodePorts',
      "Pod was rejected: Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
    ],
  ])('refuses %s', (_, over, reason, message) => {
    expect(ask(over)).toEqual({ reason, message })
  })
})
