/** Runs controllers of others, by the runtime that ours use: shared caches, queues, back-off, events, leader election. */
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { systemClock as clock, systemRandom as random } from '../cli/system.js'
import type { Client } from '../client/client.js'
import { newHttpsClient } from '../client/https.js'
import { newInformerFactory } from '../client/informer-factory.js'
import { runWithLease } from '../client/leader-election.js'
import type { Controller } from '../controllers/runtime/controller.js'
import type { ObjectKey } from '../machinery/object-meta.js'
import { type Logger, newLogger } from '../telemetry/logger.js'
import { findCluster } from './find-cluster.js'

export interface OperatorOptions {
  controllers: readonly Controller[]
  /** How to speak to the cluster, such as the client of a test's cluster. Default: by `kubeconfig`. */
  client?: Client
  /** Path of a kubeconfig. Default: in a pod its service account, else what $KUBECONFIG names, else ~/.kube/config. */
  kubeconfig?: string
  /** Of the kubeconfig; default: its current one. */
  context?: string
  /** The Lease whose holder works: of several processes one. Default: everyone works. */
  leaderElection?: Required<ObjectKey>
  /** error, warn, info, debug, trace or silent: JSON lines on standard error. Default: info. */
  logLevel?: string
}

export interface Operator {
  /** Resolves when it was stopped; rejects when it was leading and lost the lease: end the process, another leads. */
  readonly ended: Promise<void>
  /** Finishes the work at hand, gives up the lease. */
  stop(): Promise<void>
}

/** Resolves when it works, or waits for the lease. Rejects with an Error that says what is missing when there is no cluster to speak to. */
export async function startOperator(options: OperatorOptions): Promise<Operator> {
  const log = newLogger(options.logLevel ?? 'info')
  const own = options.client ? undefined : newHttpsClient(await findCluster(options, process.env), { clock })
  const client = options.client ?? (own as Client)
  const stopping = new AbortController()
  // Timers and connections of the runtime let a process end: this one is to stay.
  const alive = setInterval(() => {}, 1 << 30)
  const ended = run({ ...options, client, log, signal: stopping.signal }).finally(() => {
    clearInterval(alive)
    own?.close()
  })
  // Who does not wait for the end is not told of it by a crash.
  ended.catch(error => log.error({ err: String(error) }, 'The operator ended'))
  return {
    ended,
    async stop() {
      stopping.abort()
      await ended
    },
  }
}

interface Run extends OperatorOptions {
  client: Client
  log: Logger
  signal: AbortSignal
}

async function run({ controllers, client, leaderElection, log, signal }: Run): Promise<void> {
  let working: Promise<void> | undefined
  const work = (until: AbortSignal) => {
    working = workUntil(until, { controllers, client, log })
  }
  if (!leaderElection) work(signal)
  else {
    const identity = `${hostname()}_${randomBytes(8).toString('hex')}`
    await runWithLease({ lease: leaderElection, identity }, work, { client, clock, random, log, signal })
  }
  await working
  if (!signal.aborted) throw new Error(`the lease ${leaderElection?.namespace}/${leaderElection?.name} was lost`)
}

async function workUntil(
  signal: AbortSignal,
  { controllers, client, log }: Pick<Run, 'controllers' | 'client' | 'log'>,
) {
  const informers = newInformerFactory({ client, clock, random, log })
  const running = controllers.map(c => c.start({ informers, clientFor: () => client, clock, random, log }))
  informers.start()
  await new Promise<void>(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
  informers.stop()
  await Promise.all(running.map(controller => controller.stop()))
}
