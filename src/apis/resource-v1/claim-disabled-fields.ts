/** Fields of a claim's status that feature gates of v1.34 keep off, and devices that it no longer has. */
import type { ResourceClaim } from '../generated/resource-v1.js'
import { allocatedDevices, deviceId } from './claim-status.js'
import { usesConsumableCapacity } from './device-claim.js'

/** DRADeviceBindingConditions and, unless the claim already uses it, DRAConsumableCapacity. */
export function dropDisabledStatus({ spec, status }: ResourceClaim): void {
  const shares = usesConsumableCapacity(spec.devices ?? {})
  if (status?.allocation) delete status.allocation.allocationTimestamp
  for (const result of status?.allocation?.devices?.results ?? []) {
    delete result.bindingConditions
    delete result.bindingFailureConditions
    if (shares) continue
    delete result.shareID
    delete result.consumedCapacity
  }
  if (!shares) for (const device of status?.devices ?? []) delete device.shareID
}

/** The status of devices goes with their allocation. */
export function dropDeallocatedDevices({ status }: ResourceClaim, old: ResourceClaim): void {
  if (!status?.devices) return
  const gone = allocatedDevices(old.status?.allocation)
  for (const id of allocatedDevices(status.allocation)) gone.delete(id)
  status.devices = status.devices.filter(device => !gone.has(deviceId(device)))
  if (!status.devices.length) delete status.devices
}
