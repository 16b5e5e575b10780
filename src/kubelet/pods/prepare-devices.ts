/** Devices of a pod's claims, before its containers start: no driver registers with these nodes, so a pod with devices waits. */
import type { Pod } from '../../apis/generated/core-v1.js'
import type { ResourceClaim } from '../../apis/generated/resource-v1.js'
import { claimNameOf, isReservedFor, notMadeFor } from '../../apis/resource-v1/pod-claims.js'

/** The pod's devices cannot be had; the message is upstream's. */
class DeviceError extends Error {
  constructor(why: string) {
    super(`prepare dynamic resources: ${why}`)
  }
}

/** What the pod is told of an error of prepareDevices; undefined for others. */
export const deviceFailure = (error: unknown): string | undefined =>
  error instanceof DeviceError ? `Failed to prepare dynamic resources: ${error.message}` : undefined

/** Rejects with an error that deviceFailure knows. `read` gets a claim by namespace and name. */
export async function prepareDevices(
  pod: Pod,
  read: (namespace: string, name: string) => Promise<ResourceClaim>,
): Promise<void> {
  const { namespace = '', name: podName, uid } = pod.metadata
  for (const entry of pod.spec.resourceClaims ?? []) {
    const found = claimNameOf(pod, entry)
    if (found === 'none') continue
    if (found === 'pending') throw new DeviceError(`pod "${namespace}/${podName}": ResourceClaim not created yet`)
    const claim = await read(namespace, found.name).catch(error => {
      throw new DeviceError(`fetch ResourceClaim ${found.name}: ${(error as Error).message}`)
    })
    const problem = found.generated ? notMadeFor(pod, claim) : undefined
    if (problem) throw new DeviceError(problem)
    if (!isReservedFor(pod, claim))
      throw new DeviceError(
        `pod ${podName} (${uid}) is not allowed to use ResourceClaim ${found.name} (${claim.metadata.uid})`,
      )
    const [device] = claim.status?.allocation?.devices?.results ?? []
    if (device) throw new DeviceError(`DRA driver ${device.driver} is not registered`)
  }
}
