/** A whole cluster in the caller's own process, in memory: for tests. Many may run at once; nothing is shared but code. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startCluster as start } from '../cli/cluster/cluster.js'
import { serverHosts } from '../cli/cluster/control-plane.js'
import { administrator } from '../cli/cluster/identities.js'
import { type Configuration, defaults } from '../cli/configuration.js'
import { kubeconfigWithKeys } from '../cli/kubeconfig.js'
import { newPki, type Pki } from '../cli/pki/pki.js'
import { systemClock as clock, systemRandom as random } from '../cli/system.js'
import type { Client } from '../client/client.js'
import type { Checkpoint } from '../storage/memory/checkpoint.js'
import { newMemoryStorage } from '../storage/memory/open.js'
import { newLogger, silentLogger } from '../telemetry/logger.js'
import { FaultInjector, type Faults } from './faults.js'
import { newTestClient } from './test-client.js'

export interface StartOptions {
  /** What runs containers: `none` has no nodes (the default), `sim` nodes on which pods only seem to run, the others real ones: `auto` is Docker where a daemon answers, else `process`. */
  runtime?: 'none' | 'sim' | 'docker' | 'process' | 'auto'
  /** Default 1; with runtime `none` there is no node. */
  nodes?: number
  /** Port of the API server on 127.0.0.1; default any free one. */
  port?: number
  /** Which controllers run, by kube-controller-manager's names: `*` (the default), `-name`; empty for none. */
  controllers?: readonly string[]
  /** Default true. */
  scheduler?: boolean
  /** error, warn, info, debug or trace: JSON lines on standard error. Default: nothing is logged. */
  logLevel?: 'error' | 'warn' | 'info' | 'debug' | 'trace'
}

/** A running cluster. Once stopped it is gone. */
export interface TestCluster extends AsyncDisposable {
  /** `https://127.0.0.1:port`. */
  readonly url: string
  /** YAML, with the administrator's keys in it: for kubectl and for client libraries, in this process or another. */
  readonly kubeconfig: string
  /** Acts as the administrator, without a socket. What it returns is the caller's to change. */
  readonly client: Client
  /** Of requests through `client` and over HTTPS. */
  readonly faults: Faults
  /** Resolves when every node is Ready. */
  readonly nodesReady: Promise<void>
  /** A second cluster with all that this one holds now, on a port of its own; what either does from then on, the other does not see. */
  fork(): Promise<TestCluster>
  /**
   * Takes back every write since the first one of the test, and all faults: watchers see it happen. Nodes' and components' leases stay.
   * Resolves with the number of objects that changed.
   */
  reset(): Promise<number>
  stop(): Promise<void>
}

/** What a cluster is begun with. */
interface Origin {
  pki: Pki
  checkpoint?: Checkpoint
}

const bindAddress = '127.0.0.1'
const { serviceSubnet } = defaults

function configurationOf(options: StartOptions, dataDir: string): Configuration {
  const { runtime = 'none', nodes = 1, port = 0, controllers = ['*'], scheduler = true, logLevel = 'error' } = options
  const chosen = { runtime, nodes, port, controllers, scheduler, logLevel }
  return { ...defaults, ...chosen, dataDir, bindAddress, removeContainers: true }
}

const readingVerbs = new Set(['get', 'list', 'watch'])
const leases = /^\/registry\/leases\/(kube-system|kube-node-lease)\//
const isNoLease = (key: string) => !leases.test(key)

/** Pods have volumes and logs on the disk; without nodes nothing is kept there. */
async function withDataDirectory(runtime: StartOptions['runtime']) {
  if (runtime === undefined || runtime === 'none') return { dataDir: '', remove: async () => {} }
  const dataDir = await mkdtemp(join(tmpdir(), 'minik8s-'))
  return { dataDir, remove: () => rm(dataDir, { recursive: true, force: true }) }
}

async function startFrom(options: StartOptions, { pki, checkpoint }: Origin): Promise<TestCluster> {
  const { dataDir, remove } = await withDataDirectory(options.runtime)
  const storage = newMemoryStorage(clock, {}, checkpoint)
  const faults = new FaultInjector({ clock, random })
  let baseline: Checkpoint | undefined
  let finishReset: (() => void) | undefined
  const onRequest = (verb: string) => {
    finishReset?.()
    if (!readingVerbs.has(verb)) baseline ??= storage.checkpoint()
  }
  const log = options.logLevel ? newLogger(options.logLevel) : silentLogger
  const cluster = await start(configurationOf(options, dataDir), log, {
    foundation: { id: randomBytes(5).toString('hex'), storage, pki, maySetBack: true },
    async intercept(request) {
      if (!request.isResource) return
      onRequest(request.verb)
      await faults.strike(request)
    },
  })
  const stop = async () => {
    finishReset = undefined
    await cluster.stop()
    await remove()
  }
  return {
    url: cluster.url,
    kubeconfig: kubeconfigWithKeys(cluster.url, pki),
    client: newTestClient(administrator, {
      ...{ handler: cluster.handler, faults, onRequest },
      own: cluster.clientFor(administrator),
    }),
    faults,
    nodesReady: cluster.nodesReady,
    fork: () => startFrom({ ...options, port: 0 }, { pki, checkpoint: storage.checkpoint() }),
    async reset() {
      faults.clear()
      const target = baseline
      if (!target) return 0
      // Again when controllers have written what they had in hand, or when the test goes on.
      finishReset = () => {
        finishReset = undefined
        storage.restore(target, isNoLease).catch(() => {})
      }
      setImmediate(() => finishReset?.())
      return storage.restore(target, isNoLease)
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

/** Resolves when the cluster answers; nodes may join a moment later. */
export async function startCluster(options: StartOptions = {}): Promise<TestCluster> {
  const pki = await newPki({ hosts: serverHosts({ bindAddress, serviceSubnet }), now: clock.now() })
  return startFrom(options, { pki })
}
