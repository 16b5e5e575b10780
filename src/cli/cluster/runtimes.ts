/** The container runtime that was asked for, opened once for all nodes. */
import type { Runtime } from '../../kubelet/runtime/runtime.js'
import { isRuntimeError } from '../../kubelet/runtime/runtime.js'
import type { Logger } from '../../telemetry/logger.js'
import type { Configuration } from '../configuration.js'
import { systemClock as clock } from '../system.js'
import { UserError } from '../user-error.js'

/** What the service proxy and the name server need to know of the network of the pods. */
export interface PodNetwork {
  /** Of the Linux bridge. */
  bridge: string
  /** CIDR of the pods. */
  subnet: string
  /** The host's address on the bridge. */
  gateway: string
}

export interface RuntimeSource {
  runtimeFor(node: string): Runtime
  /** Address of the nodes as pods see it. */
  nodeAddress: string
  /** The bridge that pods are on; where there are no real pods, there is none. */
  network?: PodNetwork
  /** Removes all that this cluster has in the engine. */
  removeAll(): Promise<void>
}

const simulatedNodeAddress = '10.89.0.1'
const simulatedPodSubnet = '10.90.0.0/16'
/** Containers run for ever, but for those that the others of their pod wait for. */
const endsAtOnce = { exitAfterMs: 0 }

async function openSimulation(): Promise<RuntimeSource> {
  const [{ SimRuntime }, { newAddressPool }] = await Promise.all([
    import('../../kubelet/runtime/sim/sim-runtime.js'),
    import('../../kubelet/runtime/sim/address-pool.js'),
  ])
  const addresses = newAddressPool(simulatedPodSubnet)
  return {
    runtimeFor: () =>
      new SimRuntime({ clock, addresses, behaviour: (_pod, config) => (config.isAwaited ? endsAtOnce : {}) }),
    nodeAddress: simulatedNodeAddress,
    removeAll: async () => {},
  }
}

/** Where the daemon is looked for; dockerode reads the same variable. */
const dockerHost = () => process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock'

async function openDocker(cluster: string, log: Logger): Promise<RuntimeSource> {
  const { DockerEngine } = await import('../../kubelet/runtime/docker/engine.js')
  try {
    const engine = await DockerEngine.connect({ cluster, clock, log })
    return {
      runtimeFor: node => engine.runtimeFor(node),
      nodeAddress: engine.network.gateway,
      network: engine.network,
      removeAll: () => engine.removeAll(),
    }
  } catch (error) {
    if (!isRuntimeError(error, 'unavailable')) throw error
    throw new UserError(
      `no Docker daemon answers at ${dockerHost()} (${(error as Error).message}).\n` +
        'Start Docker, set DOCKER_HOST to where it listens, or do without containers: `--runtime sim` simulates them, `--runtime none` starts no node.',
    )
  }
}

/** Undefined when no nodes are wanted. Throws UserError when the engine cannot be reached. */
export async function openRuntime(
  config: Configuration,
  cluster: string,
  log: Logger,
): Promise<RuntimeSource | undefined> {
  if (config.runtime === 'none' || config.nodes === 0) return undefined
  return config.runtime === 'sim' ? openSimulation() : openDocker(cluster, log)
}
