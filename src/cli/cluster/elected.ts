/** Parts of a control plane whose store others share: each works only while this process holds its lease. */
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import type { Client } from '../../client/client.js'
import { fencedClient } from '../../client/fenced-client.js'
import { runWithLease } from '../../client/leader-election.js'
import type { Clock, Random } from '../../machinery/clock.js'
import type { Logger } from '../../telemetry/logger.js'

export interface ElectedPart {
  /** Its name in kube-system; upstream's, so that stock components and those of other processes take turns with it. */
  lease: string
  /** Takes and renews the lease. */
  client: Client
  /** Begins to work, by clients that `fence` has made: they write nothing once the lease is not held. */
  start(fence: (client: Client) => Client): { stop(): Promise<void> | void }
}

export interface ElectedDeps {
  clock: Clock
  random: Random
  log: Logger
}

/** Works, and stands by, in turns. What it returns stops the work at hand, then gives the leases up. */
export function startElected(parts: readonly ElectedPart[], deps: ElectedDeps): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const { signal } = stopping
  const identity = `${hostname()}_${randomBytes(8).toString('hex')}`
  const running = new Set<ReturnType<ElectedPart['start']>>()
  const take = async ({ lease, client, start }: ElectedPart): Promise<void> => {
    while (!signal.aborted) {
      let work: ReturnType<ElectedPart['start']> | undefined
      const lead = (_: AbortSignal, holds: () => boolean) => {
        work = start(own => fencedClient(own, holds))
        running.add(work)
      }
      const name = { namespace: 'kube-system', name: lease }
      const led = await runWithLease({ lease: name, identity }, lead, { ...deps, client, signal })
      if (led && !signal.aborted) deps.log.warn({ lease }, 'The lease was lost: standing by')
      if (!work || !running.delete(work)) continue
      await work.stop()
    }
  }
  const taking = parts.map(take)
  return {
    async stop() {
      const works = [...running]
      running.clear()
      await Promise.all(works.map(work => work.stop()))
      stopping.abort()
      await Promise.all(taking)
    },
  }
}
