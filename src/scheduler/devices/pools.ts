/** The devices that a node can reach, by the pools of their drivers. Source: upstream's pools_stable.go. */
import { matchesNodeSelector } from '../../apis/core-v1/node-selector.js'
import type { Node } from '../../apis/generated/core-v1.js'
import type { Device, ResourceSlice } from '../../apis/generated/resource-v1.js'

export interface PooledDevice {
  /** `driver/pool/device`: no two devices have the same. */
  id: string
  device: Device
  slice: ResourceSlice
}

export interface Pool {
  /** `driver/pool`. */
  name: string
  devices: PooledDevice[]
  /** Not all its slices are there yet. */
  isIncomplete: boolean
  /** Why nothing can be taken from it; undefined when it is sound. */
  problem: string | undefined
}

export const deviceId = (driver: string, pool: string, device: string): string => `${driver}/${pool}/${device}`

/** Slices with a selector for each device belong to a feature that is off in v1.34. */
function reaches({ spec }: ResourceSlice, node: Node): boolean {
  if (spec.perDeviceNodeSelection !== undefined) return false
  if (spec.nodeName) return spec.nodeName === node.metadata.name
  if (spec.allNodes) return true
  return spec.nodeSelector !== undefined && matchesNodeSelector(spec.nodeSelector, node)
}

/** Of a pool only the newest generation counts. */
function newest(slices: readonly ResourceSlice[]): ResourceSlice[] {
  const generation = Math.max(...slices.map(({ spec }) => Number(spec.pool.generation)))
  return slices.filter(({ spec }) => Number(spec.pool.generation) === generation)
}

function newPool(name: string, all: readonly ResourceSlice[]): Pool {
  const slices = newest(all)
  const devices = slices.flatMap(slice =>
    (slice.spec.devices ?? []).map(device => ({
      id: deviceId(slice.spec.driver, slice.spec.pool.name, device.name),
      device,
      slice,
    })),
  )
  const seen = new Set<string>()
  const twice = devices.find(({ id }) => seen.size === seen.add(id).size)
  return {
    name,
    devices,
    isIncomplete: slices.length !== Number(slices[0]?.spec.pool.resourceSliceCount),
    problem: twice && `duplicate device name ${twice.device.name}`,
  }
}

/** In the order of the slices. */
export function poolsFor(node: Node, slices: Iterable<ResourceSlice>): Pool[] {
  const pools = new Map<string, ResourceSlice[]>()
  for (const slice of slices) {
    if (!reaches(slice, node)) continue
    const name = `${slice.spec.driver}/${slice.spec.pool.name}`
    const known = pools.get(name)
    if (known) known.push(slice)
    else pools.set(name, [slice])
  }
  return [...pools].map(([name, each]) => newPool(name, each))
}
