/** Why a pod fits nowhere, in upstream's words. */
import type { Rejection } from './framework.js'

export interface Diagnosis {
  totalNodes: number
  /** By node name; nodes that were not looked at are absent. */
  rejections: ReadonlyMap<string, Rejection>
  /** Said in place of the nodes' reasons where no node can fit at all. */
  refused?: string
  /** What holds for nodes that were not looked at. */
  absent?: string
  /** Plugins that turned the pod away: only events they care for are worth another try. */
  plugins: ReadonlySet<string>
}

/** `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint(s).`, then the word of preemption. */
export function explain(diagnosis: Diagnosis, preemption: string): string {
  const { totalNodes, rejections, refused, absent } = diagnosis
  const parts = [`0/${totalNodes} nodes are available:`]
  if (refused) parts.push(`${refused}.`)
  else {
    const counts = new Map<string, number>()
    const count = (reason: string, by: number) => counts.set(reason, (counts.get(reason) ?? 0) + by)
    for (const { reasons } of rejections.values()) for (const reason of reasons) count(reason, 1)
    if (absent && rejections.size < totalNodes) count(absent, totalNodes - rejections.size)
    const texts = [...counts].map(([reason, times]) => `${times} ${reason}`).sort()
    if (texts.length) parts.push(`${texts.join(', ')}.`)
  }
  if (preemption) parts.push(preemption)
  return parts.join(' ')
}

/**
 * What upstream's plugins say after no node was found: that of resource claims comes before preemption, and fails when the
 * pod was refused before it had its turn, so that preemption is not asked.
 */
export function afterwards({ refused }: Diagnosis, preemption: string, hasClaims = false): string {
  if (refused) return 'not found'
  return `${hasClaims ? 'still not schedulable' : 'no new claims to deallocate'}, ${preemption}`
}

const maxNoteLength = 1024

/** Events refuse longer messages. */
export const truncateNote = (message: string): string =>
  message.length <= maxNoteLength ? message : `${message.slice(0, maxNoteLength - 4)} ...`
