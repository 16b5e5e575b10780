/** Writes pods' statuses to the API: only what changed, one write at a time for each pod, the newest wins. */
import type { Pod, PodCondition, PodStatus } from '../../apis/generated/core-v1.js'
import type { Client } from '../../client/client.js'
import type { Clock } from '../../machinery/clock.js'
import { isReason, StatusError } from '../../machinery/status-error.js'
import type { Logger } from '../../telemetry/logger.js'
import { podKind } from '../kinds.js'
import { kubeletDisruption, ownedConditions } from './conditions.js'

export interface StatusWriterDeps {
  client: Client
  clock: Clock
  log: Logger
  /** The uid under which the API has the pod, where that is another: static pods. Undefined: it is not there now. */
  apiUid?(podUid: string): string | undefined
}

interface Entry {
  /** As the API has it, as far as is known. */
  pod: Pod
  wanted: PodStatus
  /** All is down and tidied up: with a deletion under way, the object may go. */
  finished: boolean
  writing: boolean
  failures: number
  /** A patch that the server took and did not apply as it was: it must not be sent for ever. */
  fruitless: string
}

const longestPauseMs = 10_000

const revisionOf = ({ metadata }: Pod) => Number(metadata.resourceVersion ?? 0)
const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)

/** Key order must not look like a change: both sides go through the same writer, but the API drops and adds fields. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, v]) => v !== undefined && v !== null)
  return Object.fromEntries(entries.map(([k, v]) => [k, canonical(v)] as const).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Conditions merge by type: only ours that differ are sent. */
function changedConditions(before: readonly PodCondition[], wanted: readonly PodCondition[]): PodCondition[] {
  return wanted
    .filter(({ type, reason }) => ownedConditions.has(type) || reason === kubeletDisruption)
    .filter(condition => !same(canonical(condition), canonical(before.find(({ type }) => type === condition.type))))
    .map(condition => ({
      ...absentFields(
        before.find(({ type }) => type === condition.type),
        condition,
      ),
      ...condition,
    }))
}

/** Those of ours that are no longer true at all. */
const goneConditions = (before: readonly PodCondition[], wanted: readonly PodCondition[]) =>
  before
    .filter(({ type }) => ownedConditions.has(type) && !wanted.some(other => other.type === type))
    .map(({ type }) => ({ $patch: 'delete', type }))

/** Fields that are there and should not be, as the patch must say it. */
function absentFields(before: object | undefined, wanted: object): Record<string, null> {
  const gone = Object.keys(before ?? {}).filter(key => !(key in wanted))
  return Object.fromEntries(gone.map(key => [key, null]))
}

/** Lists that merge by key in a strategic patch, and are meant as a whole here. */
const replacedLists = new Set(['podIPs', 'hostIPs'])
/** Written by others. */
const foreignFields = new Set([
  'conditions',
  'nominatedNodeName',
  'resize',
  'resourceClaimStatuses',
  'extendedResourceClaimStatus',
])

/** A strategic merge patch from one status to the other; undefined when there is nothing to do. */
export function statusPatch(before: PodStatus, wanted: PodStatus): Record<string, unknown> | undefined {
  const patch: Record<string, unknown> = {}
  const keys = new Set([...Object.keys(before), ...Object.keys(wanted)]) as Set<keyof PodStatus>
  for (const key of keys) {
    if (foreignFields.has(key) || same(canonical(before[key]), canonical(wanted[key]))) continue
    const value = wanted[key]
    if (value === undefined) patch[key] = null
    else if (replacedLists.has(key) && before[key]) patch[key] = [{ $patch: 'replace' }, ...(value as object[])]
    else patch[key] = value
  }
  const conditions = [
    ...changedConditions(before.conditions ?? [], wanted.conditions ?? []),
    ...goneConditions(before.conditions ?? [], wanted.conditions ?? []),
  ]
  if (conditions.length > 0) patch.conditions = conditions
  return Object.keys(patch).length > 0 ? patch : undefined
}

/** The pod was deleted and another made under its name. */
const isOfAnother = (error: unknown) => isReason(error, 'Invalid') && /metadata\.uid/.test(String(error))

export class StatusWriter {
  readonly #deps: StatusWriterDeps
  readonly #entries = new Map<string, Entry>()
  #stopped = false

  constructor(deps: StatusWriterDeps) {
    this.#deps = deps
  }

  /** What the pod's status should be, if this was told before. */
  wanted(podUid: string): PodStatus | undefined {
    return this.#entries.get(podUid)?.wanted
  }

  /** `pod` is the object as the API has it. */
  set(pod: Pod, status: PodStatus): void {
    const entry = this.#entry(pod, status)
    entry.wanted = status
    void this.#write(entry)
  }

  /** A newer object has come from the API: if it lacks what was written, it is written again. */
  seen(pod: Pod): void {
    const entry = this.#entries.get(pod.metadata.uid ?? '')
    if (!entry || revisionOf(pod) < revisionOf(entry.pod)) return
    entry.pod = pod
    void this.#write(entry)
  }

  /** Nothing is left of the pod on this node. An object whose deletion was asked for is removed after its last status. */
  finish(pod: Pod, status: PodStatus): void {
    const entry = this.#entry(pod, status)
    entry.wanted = status
    entry.finished = true
    void this.#write(entry)
  }

  forget(podUid: string): void {
    this.#entries.delete(podUid)
  }

  stop(): void {
    this.#stopped = true
  }

  #entry(pod: Pod, wanted: PodStatus): Entry {
    const uid = pod.metadata.uid ?? ''
    const known = this.#entries.get(uid)
    if (known) {
      if (revisionOf(pod) > revisionOf(known.pod)) known.pod = pod
      return known
    }
    const entry: Entry = { pod, wanted, finished: false, writing: false, failures: 0, fruitless: '' }
    this.#entries.set(uid, entry)
    return entry
  }

  async #write(entry: Entry): Promise<void> {
    if (entry.writing || this.#stopped) return
    entry.writing = true
    try {
      while (!this.#stopped && (await this.#writeOnce(entry)));
      entry.failures = 0
    } catch (error) {
      this.#retry(entry, error)
    } finally {
      entry.writing = false
    }
  }

  /** False when nothing is left to do. */
  async #writeOnce(entry: Entry): Promise<boolean> {
    const { metadata, status = {} } = entry.pod
    const { apiUid } = this.#deps
    const uid = apiUid ? apiUid(metadata.uid ?? '') : metadata.uid
    if (!uid) return false
    const key = { name: metadata.name ?? '', namespace: metadata.namespace ?? '' }
    const patch = statusPatch(status, entry.wanted)
    if (patch && JSON.stringify(patch) !== entry.fruitless) {
      const body = { metadata: { uid }, status: patch }
      const type = 'application/strategic-merge-patch+json' as const
      const written = await this.#deps.client.patch(podKind, key, { type, body }, { subresource: 'status' })
      if (revisionOf(written) > revisionOf(entry.pod)) entry.pod = written
      const left = statusPatch(written.status ?? {}, entry.wanted)
      entry.fruitless = same(left, patch) ? JSON.stringify(patch) : ''
      return true
    }
    if (!entry.finished || !metadata.deletionTimestamp) return false
    await this.#deps.client.delete(podKind, key, { gracePeriodSeconds: 0, preconditions: { uid } })
    entry.finished = false
    return false
  }

  #retry(entry: Entry, error: unknown): void {
    const { name, uid } = entry.pod.metadata
    if (isReason(error, 'NotFound') || isReason(error, 'Conflict') || isOfAnother(error)) return
    this.#deps.log.warn({ pod: name, error: String(error) }, 'Could not write the status of a pod')
    // What the server will never take is not repeated until something changes.
    if (error instanceof StatusError && error.code >= 400 && error.code < 500 && error.code !== 429) return
    const pause = Math.min(longestPauseMs, 200 * 2 ** entry.failures++)
    this.#deps.clock.after(pause, () => {
      if (this.#entries.get(uid ?? '') === entry) void this.#write(entry)
    })
  }
}
