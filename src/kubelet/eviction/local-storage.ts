/** Limits of a pod's own storage: emptyDir volumes, containers, and the pod as a whole; upstream's words. Pure. */
import { podLimits } from '../../apis/core-v1/pod-resources.js'
import type { Pod } from '../../apis/generated/core-v1.js'
import { quantityValue } from '../../machinery/quantity.js'

/** Bytes. */
export interface LocalUse {
  /** By volume name. */
  volumes: ReadonlyMap<string, number>
  /** Written by containers outside of volumes, by container name. */
  containers: ReadonlyMap<string, number>
  /** Of the hosts file, which containers may write to. */
  hostsFile: number
}

const resource = 'ephemeral-storage'

const onDisk = ({ spec }: Pod) =>
  (spec.volumes ?? []).filter(({ emptyDir }) => emptyDir && emptyDir.medium !== 'Memory')

/** Names of the volumes that are on the disk for this pod alone. */
export const localVolumesOf = (pod: Pod): string[] => onDisk(pod).map(({ name }) => name)

/** Whether anything has to be measured. */
export const hasLocalLimits = (pod: Pod): boolean =>
  onDisk(pod).some(({ emptyDir }) => emptyDir?.sizeLimit) || hasContainerLimits(pod)

export const hasContainerLimits = ({ spec }: Pod): boolean =>
  spec.containers.some(({ resources }) => resources?.limits?.[resource])

const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0)

/** Why the pod must go; undefined while it keeps to its limits. */
export function exceededLimit(pod: Pod, { volumes, containers, hostsFile }: LocalUse): string | undefined {
  for (const { name, emptyDir } of onDisk(pod)) {
    const limit = emptyDir?.sizeLimit
    if (limit && quantityValue(limit) > 0 && (volumes.get(name) ?? 0) > quantityValue(limit))
      return `Usage of EmptyDir volume ${JSON.stringify(name)} exceeds the limit ${JSON.stringify(limit)}. `
  }
  const total = podLimits(pod)[resource]
  const used = sum(volumes.values()) + sum(containers.values()) + hostsFile
  if (total && hasContainerLimits(pod) && used > quantityValue(total))
    return `Pod ephemeral local storage usage exceeds the total limit of containers ${total}. `
  for (const { name, resources } of pod.spec.containers) {
    const limit = resources?.limits?.[resource]
    if (limit && quantityValue(limit) > 0 && (containers.get(name) ?? 0) > quantityValue(limit))
      return `Container ${name} exceeded its local ephemeral storage limit ${JSON.stringify(limit)}. `
  }
  return undefined
}
