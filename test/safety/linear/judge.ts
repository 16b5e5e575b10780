/** Whether a history could have happened to one store that does one thing at a time (linearizability). */
import type { Listing, Operation, Write } from './history.js'
import { byKey, Timeline } from './timeline.js'

/** Revisions follow time: a write that was over before another began has the smaller one. */
function judgeOrder(operations: readonly Operation[]): string[] {
  const puts = operations.filter(
    (operation): operation is Write & { revision: number } =>
      operation.type === 'put' && operation.revision !== undefined,
  )
  const byRevision = [...puts].sort((a, b) => a.revision - b.revision)
  const violations: string[] = []
  let latest: Write | undefined
  for (const put of byRevision) {
    if (latest && put.returned < latest.invoked)
      violations.push(
        `${put.value} has revision ${put.revision}, above ${latest.revision} of the later ${latest.value}`,
      )
    if (!latest || put.invoked > latest.invoked) latest = put
  }
  return violations
}

/** A list is the state at its revision, and at least as new as everything that was over before it began. */
function judgeListing(listing: Listing, timelines: ReadonlyMap<string, Timeline>, newestBefore: number): string[] {
  const { revision, items, invoked } = listing
  const violations: string[] = []
  if (revision < newestBefore)
    violations.push(`a list at ${invoked} is of revision ${revision}, ${newestBefore} was there`)
  for (const [key, timeline] of timelines) {
    const found = items.get(key)?.revision
    const newest = timeline.newestAt(revision)
    const isGone = found === undefined && (newest === undefined || timeline.wasDeletedAfter(newest))
    if (found !== newest && !isGone)
      violations.push(`${key}: a list of revision ${revision} has ${found ?? 'nothing'}, not ${newest}`)
  }
  return violations
}

/** A line for each contradiction; none: the history is linearizable. */
export function judgeHistory(operations: readonly Operation[], keys: readonly string[]): string[] {
  const timelines = new Map(byKey(operations, keys).map(history => [history.key, new Timeline(history)]))
  const violations = [...timelines.values()].flatMap(timeline => timeline.violations)
  violations.push(...judgeOrder(operations))
  const puts = operations
    .flatMap(operation => (operation.type === 'put' && operation.revision !== undefined ? [operation] : []))
    .sort((a, b) => a.returned - b.returned)
  const listings = operations
    .filter((operation): operation is Listing => operation.type === 'list')
    .sort((a, b) => a.invoked - b.invoked)
  let [next, newest] = [0, 0]
  for (const listing of listings) {
    for (; next < puts.length && puts[next]!.returned < listing.invoked; next++)
      newest = Math.max(newest, puts[next]!.revision!)
    violations.push(...judgeListing(listing, timelines, newest))
  }
  return violations
}
