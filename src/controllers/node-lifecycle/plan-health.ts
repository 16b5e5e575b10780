/** Whether a node still lives, judged by when its heartbeats were last seen to change. Pure. */
import type { Lease } from '../../apis/generated/coordination-v1.js'
import type { Node, NodeCondition } from '../../apis/generated/core-v1.js'
import { formatTime } from '../../machinery/clock.js'

/** Without a sign of life, a node that has been ready is given `monitorMs`, one that never was `startupMs`. */
export interface Grace {
  monitorMs: number
  startupMs: number
}

/** Upstream's. */
export const defaultGrace: Grace = { monitorMs: 50_000, startupMs: 60_000 }

/** What was last seen of a node. Times are ours: the node's clock may be wrong. */
export interface Health {
  heartbeat: string | undefined
  renewed: string | undefined
  /** When either last changed, milliseconds since the epoch. */
  probedAt: number
}

const readyOf = ({ status }: Node) => status?.conditions?.find(c => c.type === 'Ready')

/** The health after this look. A node that never reported counts from its creation. */
export function observe(node: Node, lease: Lease | undefined, before: Health | undefined, now: number): Health {
  const heartbeat = readyOf(node)?.lastHeartbeatTime
  const renewed = lease?.spec?.renewTime
  if (!before) {
    const born = Date.parse(node.metadata.creationTimestamp ?? '')
    return { heartbeat, renewed, probedAt: readyOf(node) || renewed || Number.isNaN(born) ? now : born }
  }
  const alive = heartbeat !== before.heartbeat || (renewed !== undefined && renewed !== before.renewed)
  return { heartbeat, renewed: renewed ?? before.renewed, probedAt: alive ? now : before.probedAt }
}

/** Milliseconds until the node counts as lost; zero or less: it does. */
export const timeLeft = (node: Node, health: Health, { now, grace }: { now: number; grace: Grace }): number =>
  health.probedAt + (readyOf(node) ? grace.monitorMs : grace.startupMs) - now

const lostConditions = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure']

/** The conditions of a node whose kubelet went silent; undefined where they say so already. */
export function planLost(node: Node, now: number): NodeCondition[] | undefined {
  const conditions = [...(node.status?.conditions ?? [])]
  let changed = false
  for (const type of lostConditions) {
    const index = conditions.findIndex(c => c.type === type)
    const current = conditions[index]
    if (current?.status === 'Unknown') continue
    changed = true
    const lastTransitionTime = formatTime(now)
    if (current)
      conditions[index] = {
        ...current,
        status: 'Unknown',
        reason: 'NodeStatusUnknown',
        message: 'Kubelet stopped posting node status.',
        lastTransitionTime,
      }
    else
      conditions.push({
        type,
        status: 'Unknown',
        reason: 'NodeStatusNeverUpdated',
        message: 'Kubelet never posted node status.',
        lastHeartbeatTime: node.metadata.creationTimestamp,
        lastTransitionTime,
      })
  }
  return changed ? conditions : undefined
}
