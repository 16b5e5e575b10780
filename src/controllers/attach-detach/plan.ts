/** What is to be attached to a node and detached from it, and what its status says of that. Source: upstream's attachdetach reconciler. */
import type { AttachedVolume, Node, PersistentVolume, Pod } from '../../apis/generated/core-v1.js'
import type { VolumeAttachment } from '../../apis/generated/storage-v1.js'
import { isReadyNode } from '../node-lifecycle/disruption.js'
import { type CsiVolume, mayAttachToMany } from './volume.js'

/** A volume that pods on the node need. */
export interface Wanted {
  volume: PersistentVolume
  csi: CsiVolume
  pods: Pod[]
}

/** An attachment that this controller made, or would have made under that name. */
export interface Attached {
  /** Of the volume, as in node statuses. */
  name: string
  attachment: VolumeAttachment
}

/** Why a volume is detached although the node may still use it; the words of upstream's metric. */
export type Force = 'timeout' | 'out-of-service'

export interface NodeView {
  /** Undefined when there is no such node any more. */
  node: Node | undefined
  /** By unique name of the volume. */
  wanted: ReadonlyMap<string, Wanted>
  attached: readonly Attached[]
  /** Whether the node may have it mounted. */
  inUse(name: string): boolean
  /** Other nodes that have the volume. */
  elsewhere(name: string): readonly string[]
  /** When it was first seen that nobody needs the volume any longer; milliseconds. */
  unwantedSince(name: string): number
  now: number
}

export interface AttachPlan {
  attach: Wanted[]
  detach: (Attached & { force: Force | undefined })[]
  /** Needed here, but other nodes have it and it cannot be in two places. */
  blocked: (Wanted & { nodes: readonly string[] })[]
  /** What the status is to say, before anything is detached. */
  report: AttachedVolume[]
  /** Milliseconds until the next volume may be detached by force. */
  waitMs?: number
}

/** A node that is lost has this long to unmount. */
const unmountMs = 360_000

const outOfService = 'node.kubernetes.io/out-of-service'
const isOutOfService = (node: Node | undefined) => node?.spec?.taints?.some(({ key }) => key === outOfService) === true
const byName = (a: AttachedVolume, b: AttachedVolume) => (a.name < b.name ? -1 : Number(a.name > b.name))

/** How long it has to wait, for ever perhaps, or how it may go. */
function detachable({ node, now, inUse, unwantedSince }: NodeView, name: string): { force?: Force; waitMs?: number } {
  const left = unwantedSince(name) + unmountMs - now
  if (isOutOfService(node)) return { force: 'out-of-service' }
  if (!inUse(name)) return {}
  if (node && isReadyNode(node)) return { waitMs: Number.POSITIVE_INFINITY }
  return left > 0 ? { waitMs: left } : { force: 'timeout' }
}

export function planNode(view: NodeView): AttachPlan {
  const { wanted, attached, elsewhere } = view
  const plan: AttachPlan = { attach: [], detach: [], blocked: [], report: [] }
  const here = new Set(attached.map(({ name }) => name))
  for (const each of attached) {
    const { metadata, status } = each.attachment
    // Being detached already: whoever needs it waits until it is gone.
    if (metadata.deletionTimestamp) continue
    const { force, waitMs } = wanted.has(each.name) ? { waitMs: Number.POSITIVE_INFINITY } : detachable(view, each.name)
    if (waitMs === undefined) plan.detach.push({ ...each, force })
    else {
      if (status?.attached) plan.report.push({ name: each.name, devicePath: '' })
      if (Number.isFinite(waitMs)) plan.waitMs = Math.min(waitMs, plan.waitMs ?? waitMs)
    }
  }
  for (const [name, each] of wanted) {
    if (here.has(name)) continue
    const nodes = mayAttachToMany(each.volume) ? [] : elsewhere(name)
    if (nodes.length) plan.blocked.push({ ...each, nodes })
    else plan.attach.push(each)
  }
  plan.report.sort(byName)
  return plan
}
