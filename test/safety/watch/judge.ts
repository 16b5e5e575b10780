/**
 * The laws of watching: events come in order, once each, all of them, with what was written; whoever resumes misses
 * nothing; a bookmark promises that nothing older follows.
 */
import { groupOf, type Seen, type Told, type Written } from './told.js'

const shown = ({ type, key, revision, value }: Seen) => `${type} ${key} ${value} at ${revision}`
const isEvent = (event: Told['events'][number]): event is Seen => event.type !== 'BOOKMARK'

/** Ordered, unique, bookmarkable. */
function judgeOrder({ name, start, events }: Told): string[] {
  const violations: string[] = []
  let last = start
  for (const event of events) {
    const isLate = isEvent(event) ? event.revision <= last : event.revision < last
    if (isLate) violations.push(`${name}: ${event.type} of revision ${event.revision} after ${last}`)
    last = Math.max(last, event.revision)
  }
  return violations
}

/** All events, by revision, as the watchers of everything tell them with one voice. */
function referenceOf(stories: readonly Told[], violations: string[]): Seen[] {
  const byRevision = new Map<number, Seen>()
  for (const { name, group, events } of stories)
    if (group === undefined)
      for (const event of events.filter(isEvent)) {
        const known = byRevision.get(event.revision)
        if (!known) byRevision.set(event.revision, event)
        else if (shown(known) !== shown(event)) violations.push(`${name}: ${shown(event)}, others: ${shown(known)}`)
      }
  return [...byRevision.values()].sort((a, b) => a.revision - b.revision)
}

/** Whether the event is what the write must give. */
function isOf(event: Seen, { value, revision }: Written, previous: string | undefined): boolean {
  if (value === undefined) return event.type === 'DELETED' && event.value === previous
  const type = previous === undefined ? 'ADDED' : 'MODIFIED'
  return event.type === type && event.value === value && (revision === undefined || event.revision === revision)
}

/**
 * Which write comes after the one that the event may be of. Deletions look alike, and writes without an answer may not have taken place: there
 * can be several.
 */
function placesAfter(event: Seen, writes: readonly Written[], places: readonly number[], previous?: string): number[] {
  const after = new Set<number>()
  for (const place of places)
    for (let at = place; at < writes.length; at++) {
      if (isOf(event, writes[at]!, previous)) after.add(at + 1)
      if (writes[at]!.isSure) break
    }
  return [...after].sort((a, b) => a - b)
}

/** Reliable, atomic: each write of a key is one event with just what was written. A write without an answer may be missing. */
function judgeWrites(events: readonly Seen[], writes: readonly Written[]): string[] {
  const violations: string[] = []
  let previous: string | undefined
  let places = [0]
  for (const event of events) {
    const after = placesAfter(event, writes, places, previous)
    if (after.length) places = after
    else {
      const next = places.at(-1)!
      const write = writes.slice(next).find(({ isSure }) => isSure)
      violations.push(
        `${shown(event)} where ${write ? `${write.value ?? 'a deletion'} at ${write.revision}` : 'nothing'} was written`,
      )
      const found = writes.findIndex(each => each.value === event.value)
      places = [found < 0 ? next : found + 1]
    }
    previous = event.type === 'DELETED' ? undefined : event.value
  }
  const missing = places.map(place => writes.slice(place).filter(({ isSure }) => isSure))
  if (missing.every(({ length }) => length))
    for (const { key, value, revision } of missing.at(-1)!)
      violations.push(`${key}: no event for ${value ?? 'a deletion'} at ${revision}`)
  return violations
}

/** The events of all as a watcher of one group must hear them. */
function project(reference: readonly Seen[], group: string | undefined): Seen[] {
  if (group === undefined) return [...reference]
  const last = new Map<string, string>()
  return reference.flatMap((event): Seen[] => {
    const before = last.get(event.key)
    if (event.type === 'DELETED') last.delete(event.key)
    else last.set(event.key, event.value)
    const was = before !== undefined && groupOf(before) === group
    const is = event.type !== 'DELETED' && groupOf(event.value) === group
    if (is) return [{ ...event, type: was ? 'MODIFIED' : 'ADDED' }]
    return was ? [{ ...event, type: 'DELETED', value: before }] : []
  })
}

/** What is there at a revision, by key. */
function stateAt(events: readonly Seen[], revision: number): Map<string, Seen> {
  const state = new Map<string, Seen>()
  for (const event of events) {
    if (event.revision > revision) break
    if (event.type === 'DELETED') state.delete(event.key)
    else state.set(event.key, { ...event, type: 'ADDED' })
  }
  return state
}

/** Resumable, without a gap: what it was told is what happened since its start. */
function judgeStory(
  { name, group, start, initial, events, end = Number.POSITIVE_INFINITY }: Told,
  reference: readonly Seen[],
): string[] {
  const all = project(reference, group)
  const expected = all.filter(event => event.revision > start && event.revision <= end).map(shown)
  const told = events.filter(isEvent).map(shown)
  const violations: string[] = []
  const wanted = new Set(expected)
  const heard = new Set(told)
  for (const line of expected) if (!heard.has(line)) violations.push(`${name}: was not told ${line}`)
  for (const line of told) if (!wanted.has(line)) violations.push(`${name}: was told ${line}, which did not happen`)
  if (!initial) return violations
  const there = [...stateAt(all, start).values()].map(shown).sort()
  if (there.join() !== initial.map(shown).sort().join())
    violations.push(`${name}: began at ${start} with ${initial.length} objects, there were ${there.length}`)
  return violations
}

/** A line for each law broken. Some watcher has seen everything from the first on. */
export function judgeWatches(stories: readonly Told[], writes: readonly Written[]): string[] {
  const violations = stories.flatMap(judgeOrder)
  const reference = referenceOf(stories, violations)
  for (const key of new Set([...writes, ...reference].map(each => each.key)))
    violations.push(
      ...judgeWrites(
        reference.filter(event => event.key === key),
        writes.filter(write => write.key === key),
      ),
    )
  for (const story of stories) violations.push(...judgeStory(story, reference))
  return violations
}
