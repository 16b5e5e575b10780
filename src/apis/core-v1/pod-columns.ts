/** Columns of `kubectl get pods`. */
import type { PrinterColumn, RowCondition } from '../../machinery/kind.js'
import type { Pod } from '../generated/core-v1.js'
import { age } from '../printing/age.js'
import { orNone } from '../printing/placeholder.js'
import { printReadinessGates, printRestarts, summarizePod } from './pod-summary.js'

export const podColumns: readonly PrinterColumn<Pod>[] = [
  {
    name: 'Ready',
    description: 'The aggregate readiness state of this pod for accepting traffic.',
    of: pod => {
      const { ready, total } = summarizePod(pod)
      return `${ready}/${total}`
    },
  },
  {
    name: 'Status',
    description: 'The aggregate status of the containers in this pod.',
    of: pod => summarizePod(pod).reason,
  },
  {
    name: 'Restarts',
    description:
      'The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.',
    of: (pod, now) => printRestarts(summarizePod(pod), now),
  },
  age,
  {
    name: 'IP',
    wide: true,
    description:
      'podIP address allocated to the pod. Routable at least within the cluster. Empty if not yet allocated.',
    of: ({ status }) => orNone(status?.podIPs?.[0]?.ip),
  },
  {
    name: 'Node',
    wide: true,
    description:
      'NodeName indicates in which node this pod is scheduled. If empty, this pod is a candidate for scheduling by the scheduler defined in schedulerName. Once this field is set, the kubelet for this node becomes responsible for the lifecycle of this pod. This field should not be used to express a desire for the pod to be scheduled on a specific node. https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#nodename',
    of: ({ spec }) => orNone(spec.nodeName),
  },
  {
    name: 'Nominated Node',
    wide: true,
    description:
      'nominatedNodeName is set only when this pod preempts other pods on the node, but it cannot be scheduled right away as preemption victims receive their graceful termination periods. This field does not guarantee that the pod will be scheduled on this node. Scheduler may decide to place the pod elsewhere if other nodes become available sooner. Scheduler may also decide to give the resources on this node to a higher priority pod that is created after preemption. As a result, this field may be different than PodSpec.nodeName when the pod is scheduled.',
    of: ({ status }) => orNone(status?.nominatedNodeName),
  },
  {
    name: 'Readiness Gates',
    wide: true,
    description:
      'If specified, all readiness gates will be evaluated for pod readiness. A pod is ready when all its containers are ready AND all conditions specified in the readiness gates have status equal to "True" More info: https://git.k8s.io/enhancements/keps/sig-network/580-pod-readiness-gates',
    of: printReadinessGates,
  },
]

const completed = (reason: string, message: string): readonly RowCondition[] => [
  { type: 'Completed', status: 'True', reason, message },
]
const ends: Readonly<Record<string, readonly RowCondition[]>> = {
  Succeeded: completed('Succeeded', 'The pod has completed successfully.'),
  Failed: completed('Failed', 'The pod failed.'),
}

/** Marks rows of pods that have ended. */
export const podRowConditions = ({ status }: Pod): readonly RowCondition[] | undefined => ends[status?.phase ?? '']
