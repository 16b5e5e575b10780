/** Ends the process that runs on a data directory and removes what it left on the container engine. */
import { tableOf } from './cluster/service-traffic.js'
import { findInstance, readClusterId } from './instance.js'
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

/** Removes this cluster's containers and network from Docker, and its rules from the packet filter. Resolves with a sentence on what was done. */
export async function removeLeftovers(dataDir: string): Promise<string> {
  const cluster = await readClusterId(dataDir)
  if (!cluster) return 'there was no cluster'
  const [{ removeCluster }, { isRuntimeError, RuntimeError }] = await Promise.all([
    import('../kubelet/runtime/docker/engine.js'),
    import('../kubelet/runtime/runtime.js'),
  ])
  const { nftWorks, removeTable } = await import('../network/packet-filter/nft.js')
  if (await nftWorks()) await removeTable(tableOf(cluster))
  try {
    await removeCluster({ cluster })
    return 'its containers are removed'
  } catch (error) {
    if (isRuntimeError(error, 'unavailable')) return 'no Docker daemon answers, so there are no containers to remove'
    if (!(error instanceof RuntimeError)) throw error
    // Docker now and then loses track of a network's endpoints; it lets go of the network when it is restarted.
    return `its containers are removed, but Docker keeps something: ${error.message}`
  }
}
