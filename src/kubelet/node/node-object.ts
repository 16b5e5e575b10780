/** The Node object that a kubelet reports: capacity, conditions with upstream's words, addresses, images. Pure. */
import type {
  ContainerImage,
  Node,
  NodeAddress,
  NodeCondition,
  NodeStatus,
  Taint,
} from '../../apis/generated/core-v1.js'
import { formatTime } from '../../machinery/clock.js'
import { formatQuantity, quantityOf } from '../../machinery/quantity.js'
import type { Pressure } from '../eviction/thresholds.js'
import type { ImageStatus, RuntimeVersion } from '../runtime/types.js'
import type { Machine } from './machine.js'
import { type Reserved, without } from './reserved.js'

export const kubeletVersion = 'v1.34.4'
const maxPods = 110
const maxImages = 50
const maxNamesPerImage = 5

export interface NodeInput {
  name: string
  hostname: string
  addresses: readonly string[]
  labels: Readonly<Record<string, string>>
  taints: readonly Taint[]
  machine: Machine
  /** Replaces parts of what the machine has, such as `{ pods: '500' }`. */
  capacity: Readonly<Record<string, string>>
  runtime: RuntimeVersion
  images: readonly ImageStatus[]
  /** What the machine is short of. */
  pressures: ReadonlySet<Pressure>
  /** What pods are not given. */
  reserved: Reserved
  /** Why the node cannot run pods; undefined when it can. */
  notReady: string | undefined
  kubeletPort: number
  /** Conditions as they were: times are kept where nothing changed. */
  before: readonly NodeCondition[]
  /** Milliseconds since the epoch. */
  now: number
}

const bytes = (value: number) => formatQuantity(quantityOf(Math.floor(value), 0, 'BinarySI'))

export function capacityOf({ machine, capacity }: Pick<NodeInput, 'machine' | 'capacity'>): Record<string, string> {
  return {
    cpu: String(machine.cpus),
    'ephemeral-storage': bytes(machine.disk),
    'hugepages-1Gi': '0',
    'hugepages-2Mi': '0',
    memory: bytes(machine.memory),
    pods: String(maxPods),
    ...capacity,
  }
}

/** What was replaced is given as it is. */
export function allocatableOf(input: Pick<NodeInput, 'machine' | 'capacity' | 'reserved'>): Record<string, string> {
  const { capacity, reserved } = input
  const all = capacityOf(input)
  const resources = (['cpu', 'memory', 'ephemeral-storage'] as const).filter(resource => !capacity[resource])
  const left = resources.map(resource => [resource, without(resource, all[resource]!, reserved)])
  return { ...all, ...Object.fromEntries(left) }
}

interface Finding {
  type: string
  bad: boolean
  /** Status while all is well. */
  good: 'True' | 'False'
  reasons: [good: string, bad: string]
  messages: [good: string, bad: string]
}

function findings({ pressures, notReady }: NodeInput): Finding[] {
  return [
    {
      type: 'MemoryPressure',
      bad: pressures.has('MemoryPressure'),
      good: 'False',
      reasons: ['KubeletHasSufficientMemory', 'KubeletHasInsufficientMemory'],
      messages: ['kubelet has sufficient memory available', 'kubelet has insufficient memory available'],
    },
    {
      type: 'DiskPressure',
      bad: pressures.has('DiskPressure'),
      good: 'False',
      reasons: ['KubeletHasNoDiskPressure', 'KubeletHasDiskPressure'],
      messages: ['kubelet has no disk pressure', 'kubelet has disk pressure'],
    },
    {
      type: 'PIDPressure',
      bad: pressures.has('PIDPressure'),
      good: 'False',
      reasons: ['KubeletHasSufficientPID', 'KubeletHasInsufficientPID'],
      messages: ['kubelet has sufficient PID available', 'kubelet has insufficient PID available'],
    },
    {
      type: 'Ready',
      bad: notReady !== undefined,
      good: 'True',
      reasons: ['KubeletReady', 'KubeletNotReady'],
      messages: ['kubelet is posting ready status', notReady ?? ''],
    },
  ]
}

const opposite = { True: 'False', False: 'True' } as const

function conditionsOf(input: NodeInput): NodeCondition[] {
  const time = formatTime(input.now)
  return findings(input).map(({ type, bad, good, reasons, messages }) => {
    const status = bad ? opposite[good] : good
    const old = input.before.find(condition => condition.type === type)
    return {
      type,
      status,
      lastHeartbeatTime: time,
      lastTransitionTime: (old?.status === status && old.lastTransitionTime) || time,
      reason: reasons[bad ? 1 : 0],
      message: messages[bad ? 1 : 0],
    }
  })
}

function imagesOf(images: readonly ImageStatus[]): ContainerImage[] {
  return [...images]
    .sort((a, b) => b.sizeBytes - a.sizeBytes)
    .map(({ tags, digests, sizeBytes }) => ({
      names: [...digests, ...tags].slice(0, maxNamesPerImage),
      sizeBytes,
    }))
    .filter(({ names }) => names.length > 0)
    .slice(0, maxImages)
}

function addressesOf({ addresses, hostname }: NodeInput): NodeAddress[] {
  return [...addresses.map(address => ({ type: 'InternalIP', address })), { type: 'Hostname', address: hostname }]
}

export function nodeStatus(input: NodeInput): NodeStatus {
  const { machine, runtime } = input
  return {
    capacity: capacityOf(input),
    allocatable: allocatableOf(input),
    conditions: conditionsOf(input),
    addresses: addressesOf(input),
    daemonEndpoints: { kubeletEndpoint: { Port: input.kubeletPort } },
    nodeInfo: {
      architecture: machine.architecture,
      bootID: machine.bootId,
      containerRuntimeVersion: `${runtime.name}://${runtime.version}`,
      kernelVersion: machine.kernelVersion,
      kubeProxyVersion: '',
      kubeletVersion,
      machineID: machine.machineId,
      operatingSystem: 'linux',
      osImage: machine.osImage,
      systemUUID: machine.systemUuid,
    },
    images: imagesOf(input.images),
  }
}

/** Labels that every node has. */
export function standardLabels({ hostname, machine }: Pick<NodeInput, 'hostname' | 'machine'>): Record<string, string> {
  return {
    'beta.kubernetes.io/arch': machine.architecture,
    'beta.kubernetes.io/os': 'linux',
    'kubernetes.io/arch': machine.architecture,
    'kubernetes.io/hostname': hostname,
    'kubernetes.io/os': 'linux',
  }
}

export function newNode(input: NodeInput): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: input.name,
      labels: { ...standardLabels(input), ...input.labels },
      annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' },
    },
    spec: { ...(input.taints.length > 0 && { taints: [...input.taints] }) },
    status: nodeStatus(input),
  }
}
