/** What a kubelet's /stats/summary (stats/v1alpha1) tells of CPU and memory, as a node tells it in this process. Pure. */
import type { ContainerUsage, NodeUsage } from '../../machinery/node-usage.js'

interface Measurements {
  cpu?: { time: string; usageNanoCores?: number }
  memory?: { workingSetBytes?: number }
}

/** The fields that are read; those that a kubelet has not measured yet are absent. */
export interface KubeletSummary {
  node: Measurements
  pods?: { podRef: { namespace: string; name: string }; containers?: (Measurements & { name: string })[] }[]
}

/** A summary does not say over what time it averaged; kubelets measure every 10 seconds. */
const windowMs = 10_000

const measured = ({ cpu, memory }: Measurements) =>
  cpu?.usageNanoCores === undefined || memory?.workingSetBytes === undefined
    ? undefined
    : { cpuNanoCores: cpu.usageNanoCores, memoryWorkingSetBytes: memory.workingSetBytes }

/** Undefined where the node itself was not measured yet; containers that were not are left out. */
export function usageOfSummary({ node, pods = [] }: KubeletSummary): NodeUsage | undefined {
  const own = measured(node)
  if (!own) return undefined
  const containers = pods.flatMap(({ podRef, containers: members = [] }) =>
    members.flatMap((member): ContainerUsage[] => {
      const usage = measured(member)
      return usage ? [{ namespace: podRef.namespace, pod: podRef.name, container: member.name, ...usage }] : []
    }),
  )
  return { time: Date.parse(node.cpu!.time), windowMs, ...own, containers }
}
