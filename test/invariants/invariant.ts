/** What an invariant is: one sentence that holds at every write, or whenever nothing is under way any more. */
import type { Change, ClusterModel, KindName, Kinds } from './model.js'

export interface Invariant {
  name: string
  /** What holds. */
  claim: string
  /** What the write broke; the model is as of after it. */
  afterChange?(change: Change, model: ClusterModel): Iterable<string>
  /** What is wrong with what runs on nodes; called when somebody looked. */
  onContainers?(model: ClusterModel): Iterable<string>
  /** What is wrong with a cluster in which everything has settled. */
  atRest?(model: ClusterModel): Iterable<string>
}

/** True for writes of that kind; tells the compiler so. */
export const isOf = <K extends KindName>(change: Change, kind: K): change is Change & Change<K> => change.kind === kind

/** The pod, when this write bound it to a node. Pods that were created on a node no scheduler placed. */
export function boundPod(change: Change): Kinds['Pod'] | undefined {
  if (!isOf(change, 'Pod')) return undefined
  const { previous, current } = change
  return previous && !previous.spec.nodeName && current?.spec.nodeName ? current : undefined
}
