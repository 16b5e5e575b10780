/** Ends the process that runs on a data directory and removes what it left on the container engine. */
import { existsSync } from 'node:fs'
import { closeIpv6Forwarding } from '../kubelet/network/ipv6-forwarding.js'
import { isRuntimeError, RuntimeError } from '../kubelet/runtime/runtime.js'
import { silentLogger } from '../telemetry/logger.js'
import { cniOpener, forgetPlugins, readPlugins } from './cluster/cni.js'
import { removeKernelRules } from './cluster/kernel-rules.js'
import { forgetRuntimeChoice, readRuntimeChoice } from './cluster/runtime-choice.js'
import { processDirectory } from './cluster/runtimes.js'
import { findInstance, type Owner, readOwner } from './instance.js'
import { systemClock as clock } from './system.js'
import { UserError } from './user-error.js'

const pollMs = 50
const patienceMs = 30_000

/** Sends SIGTERM and waits until the process is gone. Resolves with false when none was running. */
export async function stopInstance(dataDir: string): Promise<boolean> {
  const instance = await findInstance(dataDir)
  if (!instance) return false
  process.kill(instance.pid, 'SIGTERM')
  for (let waited = 0; waited < patienceMs; waited += pollMs) {
    if (!(await findInstance(dataDir))) return true
    await new Promise(resolve => setTimeout(resolve, pollMs))
  }
  throw new UserError(
    `process ${instance.pid} did not stop within ${patienceMs / 1000} s; end it with \`kill -9 ${instance.pid}\``,
  )
}

/** What keeps things of the owner in Docker; undefined where nothing does. A daemon that does not answer keeps what was there. */
async function removeFromDocker(owner: Owner, dataDir: string, wasThere: boolean): Promise<string | undefined> {
  const { removeOwned } = await import('../kubelet/runtime/docker/engine.js')
  try {
    const plugins = await readPlugins(dataDir)
    const dataDirectory = process.platform === 'linux' && process.getuid?.() !== 0 ? dataDir : undefined
    await removeOwned({
      cluster: owner.cluster,
      ...(owner.node !== undefined && { node: owner.node }),
      ...(dataDirectory && { dataDirectory }),
      ...(plugins && { openNetwork: cniOpener(plugins, { owner, dataDir }) }),
    })
  } catch (error) {
    if (isRuntimeError(error, 'unavailable'))
      return wasThere ? 'no Docker daemon answers, so there are no containers to remove' : undefined
    if (!(error instanceof RuntimeError)) throw error
    // Docker now and then loses track of a network's endpoints; it lets go of the network when it is restarted.
    return `its containers are removed, but Docker keeps something: ${error.message}`
  }
}

/** As removeFromDocker, for pods that are processes of this machine. */
async function removeProcesses(owner: Owner, dataDir: string): Promise<string | undefined> {
  const directory = processDirectory(dataDir)
  if (!existsSync(directory)) return undefined
  const { removeProcessCluster } = await import('../kubelet/runtime/process/process-engine.js')
  try {
    const plugins = await readPlugins(dataDir)
    const openNetwork = plugins && cniOpener(plugins, { owner, dataDir })
    const place = { cluster: owner.id, directory, clock, log: silentLogger }
    await removeProcessCluster({ ...place, ...(openNetwork && { openNetwork }) })
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error
    return `its containers cannot be removed: ${error.message}`
  }
}

/** Removes containers and network of a cluster or of a node that joined one, and rules from the packet filter. Resolves with a sentence on what was done. */
export async function removeLeftovers(dataDir: string): Promise<string> {
  const owner = await readOwner(dataDir)
  if (!owner) return 'there was no cluster'
  await removeKernelRules(dataDir, owner.id)
  const choice = await readRuntimeChoice(dataDir)
  const kept = (await removeProcesses(owner, dataDir)) ?? (await removeFromDocker(owner, dataDir, choice !== 'process'))
  await closeIpv6Forwarding(dataDir)
  await forgetRuntimeChoice(dataDir)
  await forgetPlugins(dataDir)
  return kept ?? 'its containers are removed'
}
