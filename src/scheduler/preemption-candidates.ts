/** Which of several nodes to make room on, and which of several victims matters more. */
import type { PodInfo } from './pod-info.js'

export interface Candidate {
  node: string
  /** Most important first. */
  victims: readonly PodInfo[]
  /** How many of them a disruption budget would have kept. */
  violations: number
}

const startOf = ({ pod }: PodInfo): number =>
  pod.status?.startTime ? Date.parse(pod.status.startTime) : Number.POSITIVE_INFINITY

/** For sorting: higher priority first, then who runs longer. */
export const moreImportant = (a: PodInfo, b: PodInfo): number =>
  b.priority - a.priority || (startOf(a) === startOf(b) ? 0 : startOf(a) - startOf(b))

/** Keeps negative priorities from making more victims look cheaper than fewer. */
const priorityOffset = 2 ** 31

const highest = ({ victims }: Candidate): number => victims[0]?.priority ?? 0

/** Of the most important victims the one that has run longest. */
function earliestStart(candidate: Candidate): number {
  const starts = candidate.victims.filter(v => v.priority === highest(candidate)).map(startOf)
  return Math.min(...starts)
}

/** Upstream's criteria, one after the other; less is better. */
const criteria: readonly ((candidate: Candidate) => number)[] = [
  ({ violations }) => violations,
  highest,
  ({ victims }) => victims.reduce((sum, { priority }) => sum + priority + priorityOffset, 0),
  ({ victims }) => victims.length,
  candidate => -earliestStart(candidate),
]

/** The first of the best; undefined when there is none. */
export function chooseCandidate(candidates: readonly Candidate[]): Candidate | undefined {
  let left = candidates
  for (const cost of criteria) {
    if (left.length <= 1) break
    const costs = left.map(cost)
    const least = Math.min(...costs)
    left = left.filter((_, i) => costs[i] === least)
  }
  return left[0]
}
