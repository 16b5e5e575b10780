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
import type { Clock, Random } from '../../src/machinery/clock.js'
import type { KindRef } from '../../src/machinery/kind.js'
import { silentLogger } from '../../src/telemetry/logger.js'
import type { KindName, Kinds } from './model.js'
import { InvariantObserver, type ObserverOptions } from './observer.js'

const watched: readonly KindRef[] = [
  ...[pod, node, namespace, replicationController],
  ...[replicaSet, deployment, statefulSet, daemonSet, job, podDisruptionBudget],
] as unknown as readonly KindRef[]

type Watched = Kinds[KindName]
interface Event {
  kind: KindName
  object: Watched
  isGone: boolean
  at: number
}

const revisionOf = ({ object }: Event) => Number(object.metadata.resourceVersion)

export class ClientObserver {
  private readonly events: Event[] = []
  private readonly stopping = new AbortController()
  private readonly observer: InvariantObserver

  constructor(
    private readonly deps: { client: Client; clock: Clock; random: Random },
    options: ObserverOptions = {},
  ) {
    // What a process in between is late by.
    this.observer = new InvariantObserver({ lagMs: 1_000, ...options })
    for (const kind of watched) void this.follow(kind)
  }

  /** Takes up what has come so far, and answers everything found. To be called while nothing is written: what comes later is to be newer. */
  check(): readonly string[] {
    const events = this.events.splice(0).sort((a, b) => revisionOf(a) - revisionOf(b))
    for (const { kind, object, isGone, at } of events) this.observer.observe(kind, object, { isGone, at })
    return this.observer.violations
  }

  /** To be called when nothing is under way any more: everything found so far, and what is not as it should be in the end. */
  atRest(): readonly string[] {
    return [...this.check(), ...this.observer.atRest(this.deps.clock.now())]
  }

  get observed(): number {
    return this.observer.observed
  }

  stop(): void {
    this.stopping.abort()
  }

  private async follow(kind: KindRef): Promise<void> {
    const known = new Map<string, Watched>()
    const name = kind.kind as KindName
    const note = (object: Watched, isGone: boolean) => {
      const uid = object.metadata.uid ?? ''
      if (known.get(uid)?.metadata.resourceVersion === object.metadata.resourceVersion && !isGone) return
      if (isGone) known.delete(uid)
      else known.set(uid, object)
      this.events.push({ kind: name, object, isGone, at: this.deps.clock.now() })
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
    const signal = this.stopping.signal
    await runReflector(kind as KindRef<Watched>, {}, sink, { ...this.deps, log: silentLogger, signal })
  }
}
