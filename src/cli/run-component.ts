/** A component of the control plane in a process of its own: reaches the API server by a kubeconfig, and works while it holds its lease. */
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import type { Client } from '../client/client.js'
import { fencedClient } from '../client/fenced-client.js'
import { newHttpsClient } from '../client/https.js'
import { readKubeconfig } from '../client/kubeconfig.js'
import { runWithLease } from '../client/leader-election.js'
import { parseDuration } from '../machinery/duration.js'
import { type Logger, newLogger } from '../telemetry/logger.js'
import { componentFlags } from './component-flags.js'
import { parseLogLevel } from './configuration.js'
import { UsageError } from './flags.js'
import { systemClock as clock, systemRandom as random } from './system.js'

export type ComponentFlagValues = { [K in keyof typeof componentFlags]?: string | boolean }

export interface WorkDeps {
  /** Writes nothing once the lease is not held. */
  client: Client
  log: Logger
}

/** Begins to work; what it returns finishes the work at hand and stops. */
export type Work = (deps: WorkDeps) => { stop(): Promise<void> | void }

interface Settings {
  kubeconfig: string
  elects: boolean
  lease: { leaseDurationMs: number; renewDeadlineMs: number; retryPeriodMs: number }
  log: Logger
}

function settingsOf(flags: ComponentFlagValues): Settings {
  const text = (name: keyof typeof componentFlags) =>
    String(flags[name] ?? (componentFlags[name] as { default?: string }).default ?? '')
  const duration = (name: keyof typeof componentFlags) => {
    try {
      return parseDuration(text(name))
    } catch (error) {
      throw new UsageError(`--${name}: ${(error as Error).message}`)
    }
  }
  const lease = {
    leaseDurationMs: duration('leader-elect-lease-duration'),
    renewDeadlineMs: duration('leader-elect-renew-deadline'),
    retryPeriodMs: duration('leader-elect-retry-period'),
  }
  if (lease.leaseDurationMs <= lease.renewDeadlineMs)
    throw new UsageError('--leader-elect-lease-duration must be longer than --leader-elect-renew-deadline')
  if (lease.renewDeadlineMs <= lease.retryPeriodMs)
    throw new UsageError('--leader-elect-renew-deadline must be longer than --leader-elect-retry-period')
  const kubeconfig = text('kubeconfig')
  if (!kubeconfig) throw new UsageError('--kubeconfig must name a kubeconfig')
  return {
    kubeconfig,
    elects: text('leader-elect') !== 'false',
    lease,
    log: newLogger(parseLogLevel(text('verbosity'))),
  }
}

/** Aborts at the first SIGINT or SIGTERM. */
function stopSignal(): AbortSignal {
  const stopping = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort())
  return stopping.signal
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })

/**
 * Runs until SIGINT or SIGTERM, or until the lease of that name is lost; resolves with the exit code. Like upstream's, a leader that lost
 * its lease ends at once: whoever started it starts another.
 */
export async function runComponent(name: string, flags: ComponentFlagValues, work: Work): Promise<number> {
  const { kubeconfig, elects, lease, log } = settingsOf(flags)
  const connection = await readKubeconfig(kubeconfig).catch(error => {
    throw new UsageError((error as Error).message)
  })
  const client = newHttpsClient({ ...connection, userAgent: name }, { clock })
  const signal = stopSignal()
  // Timers and connections let a process end: this one is to stay.
  const alive = setInterval(() => {}, 1 << 30)
  try {
    if (!elects) {
      const running = work({ client, log })
      await aborted(signal)
      await running.stop()
      return 0
    }
    let running: ReturnType<Work> | undefined
    const identity = `${hostname()}_${randomBytes(8).toString('hex')}`
    const options = { lease: { namespace: 'kube-system', name }, identity, ...lease }
    const lead = (_: AbortSignal, holds: () => boolean) => {
      running = work({ client: fencedClient(client, holds), log })
    }
    const led = await runWithLease(options, lead, { client, clock, random, log, signal })
    if (led && !signal.aborted) {
      log.error({ lease: name }, 'The lease was lost')
      return 1
    }
    await running?.stop()
    return 0
  } finally {
    clearInterval(alive)
    client.close()
  }
}
