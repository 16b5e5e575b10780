/** What a pod as a whole requests and is limited to: the arithmetic of sidecars, init containers and overhead. */
import { addQuantity, formatQuantity } from '../../machinery/quantity.js'
import type { Container, ContainerStatus, Pod } from '../generated/core-v1.js'
import { isRestartableInitContainer } from './pod-spec/visit-containers.js'
import { addResources, isZeroQuantity, maxResources, type ResourceList, raiseResources } from './resource-list.js'
import { isPodLevelResource } from './resource-names.js'

/** The parts of a pod that count. */
export type ResourcePod = Pick<Pod, 'spec' | 'status'>

export interface PodResourceOptions {
  /** Leave out spec.overhead. */
  excludeOverhead?: boolean
  /** Take what the node has actuated into account, as the scheduler does while a resize is under way. */
  useStatusResources?: boolean
}

type ListName = 'requests' | 'limits'
type Amounts = Readonly<Record<string, string>> | undefined

const isResizeInfeasible = ({ status }: ResourcePod): boolean =>
  status?.conditions?.find(condition => condition.type === 'PodResizePending')?.reason === 'Infeasible'

/** While a resize is pending the larger of the wanted and the actual amounts counts; the actual ones when it cannot be done. */
function amountsOf(
  pod: ResourcePod,
  container: Container,
  status: ContainerStatus | undefined,
  list: ListName,
): Amounts {
  const wanted = container.resources?.[list]
  if (!status?.resources) return wanted
  const allocated = list === 'requests' ? status.allocatedResources : undefined
  const actual = status.resources[list]
  return isResizeInfeasible(pod) ? maxResources(actual, allocated) : maxResources(wanted, actual, allocated)
}

/**
 * The sum over the containers, before pod-level resources and overhead.
 * Init containers run one after another, each beside the sidecars declared before it, so the total is
 * max(containers + sidecars, max over init containers of (it + sidecars before it)).
 */
export function aggregateContainerResources(
  pod: ResourcePod,
  list: ListName,
  options: PodResourceOptions = {},
): ResourceList {
  const { status } = pod
  const statuses = options.useStatusResources
    ? [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])]
    : []
  const statusOf = (name: string) => statuses.find(s => s.name === name)
  const total: ResourceList = {}
  for (const container of pod.spec.containers ?? [])
    addResources(total, amountsOf(pod, container, statusOf(container.name), list))

  const sidecars: ResourceList = {}
  const peak: ResourceList = {}
  for (const container of pod.spec.initContainers ?? []) {
    if (isRestartableInitContainer(container)) {
      const amounts = amountsOf(pod, container, statusOf(container.name), list)
      addResources(total, amounts)
      addResources(sidecars, amounts)
      raiseResources(peak, sidecars)
    } else {
      const during: ResourceList = { ...container.resources?.[list] }
      addResources(during, sidecars)
      raiseResources(peak, during)
    }
  }
  raiseResources(total, peak)
  return total
}

function applyPodLevel(total: ResourceList, amounts: Amounts): void {
  for (const name in amounts) if (isPodLevelResource(name)) total[name] = amounts[name] as string
}

/** What the scheduler reserves: the containers' sum, overridden by spec.resources, plus overhead. */
export function podRequests(pod: ResourcePod, options: PodResourceOptions = {}): ResourceList {
  const total = aggregateContainerResources(pod, 'requests', options)
  applyPodLevel(total, pod.spec.resources?.requests)
  if (!options.excludeOverhead) addResources(total, pod.spec.overhead)
  return total
}

/** Overhead is added only to limits that exist: no limit means unlimited. */
export function podLimits(pod: ResourcePod, options: PodResourceOptions = {}): ResourceList {
  const total = aggregateContainerResources(pod, 'limits', options)
  applyPodLevel(total, pod.spec.resources?.limits)
  if (options.excludeOverhead) return total
  for (const [name, quantity] of Object.entries(pod.spec.overhead ?? {})) {
    const limit = total[name]
    if (limit !== undefined && !isZeroQuantity(limit)) total[name] = formatQuantity(addQuantity(limit, quantity))
  }
  return total
}
