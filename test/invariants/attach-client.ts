/**
 * Invariants on what a client watches. Each kind has a watch of its own, so what comes of different kinds is not in order: the events are
 * kept and, when asked, put in the order of their resourceVersions, which are one sequence, and looked at one by one.
 */
import { daemonSet, deployment, replicaSet, statefulSet } from '../../src/apis/apps-v1/index.js'
import { job } from '../../src/apis/batch-v1/index.js'
import { namespace, node, pod, replicationController } from '../../src/apis/core-v1/index.js'
import { podDisruptionBudget } from '../../src/apis/policy-v1/index.js'
import type { Client } from '../../src/client/client.js'
import { runReflector } from '../../src/client/reflector.js'
import type { Clock } from '../../src/machinery/clock.js'
import { SeededRandom } from '../../src/machinery/fake-clock.js'
import type { KindRef } from '../../src/machinery/kind.js'
import { silentLogger } from '../../src/telemetry/logger.js'
import type { KindName, Kinds } from './model.js'
import { InvariantObserver, type ObserverOptions } from './observer.js'

type Watched = Kinds[KindName]

const watched = [
  ...[pod, node, namespace, replicationController],
  ...[replicaSet, deployment, statefulSet, daemonSet, job, podDisruptionBudget],
] as unknown as readonly KindRef<Watched>[]

interface Event {
  kind: KindName
  object: Watched
  isGone: boolean
  at: number
}

const revisionOf = ({ object }: Event) => Number(object.metadata.resourceVersion)
const versionOf = ({ metadata }: Watched) => `${metadata.uid} ${metadata.resourceVersion}`

/** Between two attempts to reach a server that was killed, milliseconds: sooner than who has more to do. */
const longestPauseMs = 200

export class ClientObserver {
  private readonly events: Event[] = []
  private readonly known = new Map(watched.map(kind => [kind, new Map<string, Watched>()]))
  private readonly stopping = new AbortController()
  private readonly observer: InvariantObserver

  constructor(
    private readonly deps: { client: Client; clock: Clock },
    options: ObserverOptions = {},
  ) {
    // What a process in between is late by.
    this.observer = new InvariantObserver({ lagMs: 1_000, ...options })
    for (const kind of watched) void this.follow(kind)
  }

  /** How many events were looked at. */
  get observed(): number {
    return this.observer.observed
  }

  /** Whether everything that was written has come. */
  async hasAll(): Promise<boolean> {
    const same = await Promise.all(
      watched.map(async kind => {
        const { items } = await this.deps.client.list(kind)
        const seen = new Set([...(this.known.get(kind)?.values() ?? [])].map(versionOf))
        return items.length === seen.size && items.every(item => seen.has(versionOf(item)))
      }),
    )
    return same.every(Boolean)
  }

  /** Takes up what has come, and answers everything found. To be called when it has all: what comes later is to be newer. */
  check(): readonly string[] {
    const events = this.events.splice(0).sort((a, b) => revisionOf(a) - revisionOf(b))
    for (const { kind, object, isGone, at } of events) this.observer.observe(kind, object, { isGone, at })
    return this.observer.violations
  }

  /** As `check`, when nothing is under way any more: also what is not as it should be in the end. */
  atRest(): readonly string[] {
    return [...this.check(), ...this.observer.atRest(this.deps.clock.now())]
  }

  stop(): void {
    this.stopping.abort()
  }

  private async follow(kind: KindRef<Watched>): Promise<void> {
    const { clock } = this.deps
    const known = this.known.get(kind) ?? new Map<string, Watched>()
    const note = (object: Watched, isGone: boolean) => {
      const uid = object.metadata.uid ?? ''
      if (!isGone && known.get(uid)?.metadata.resourceVersion === object.metadata.resourceVersion) return
      if (isGone) known.delete(uid)
      else known.set(uid, object)
      this.events.push({ kind: kind.kind as KindName, object, isGone, at: clock.now() })
    }
    const sink = {
      replace: (items: readonly Watched[], resourceVersion: string) => {
        const present = new Set(items.map(({ metadata }) => metadata.uid))
        for (const [uid, object] of known)
          if (!present.has(uid)) note({ ...object, metadata: { ...object.metadata, resourceVersion } } as Watched, true)
        for (const object of items) note(object, false)
      },
      upsert: (object: Watched) => note(object, false),
      remove: (object: Watched) => note(object, true),
      bookmark() {},
    }
    const impatient: Clock = { ...clock, after: (ms, callback) => clock.after(Math.min(ms, longestPauseMs), callback) }
    const deps = { ...this.deps, clock: impatient, random: new SeededRandom(), log: silentLogger }
    await runReflector(kind, {}, sink, { ...deps, signal: this.stopping.signal })
  }
}
