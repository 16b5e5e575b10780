/** What a check of the safety suite is: one sentence that must hold, and a play that tries to break it. */
import type { BenchServer } from '../../bench/servers/server.js'

/** A server that is reached over HTTP. Several in a list share one store. */
export type ServerAddress = Pick<BenchServer, 'url' | 'tls' | 'headers'>

/** A server that the check may do as it likes with. */
export interface OwnServer extends ServerAddress {
  /** Port of its debugger, where one was asked for and can be had. */
  inspector?: number
  stop(): Promise<unknown>
}

export interface CheckSettings {
  /** The length that goals.md asks for; else a few seconds' worth. */
  long: boolean
  /** How long `soak` takes, in place of what `long` says. */
  minutes?: number
  /** The same seed plays the same game. */
  seed: number
  /** Given by the caller, to play against those; empty: the check starts what it needs. */
  servers: readonly ServerAddress[]
  /** An empty server of the check's own. */
  startServer(options?: { inspected?: boolean }): Promise<OwnServer>
  /** The built command; undefined where nothing but this process may be used. */
  program?: string
  /** Figures and progress, a line each. */
  say(line: string): void
}

export interface SafetyCheck {
  name: string
  /** What holds when nothing is found. */
  claim: string
  /** Resolves with everything found against the claim, a line each. */
  run(settings: CheckSettings): Promise<readonly string[]>
}

/** Runs the body on the servers that were given, or on one of its own, which is stopped afterwards. */
export async function onServers<T>(
  { servers, startServer }: CheckSettings,
  body: (servers: readonly ServerAddress[]) => Promise<T>,
): Promise<T> {
  if (servers.length) return body(servers)
  const own = await startServer()
  try {
    return await body([own])
  } finally {
    await own.stop()
  }
}
