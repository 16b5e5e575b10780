/** `minik8s up`: runs a cluster in the foreground until SIGINT or SIGTERM. */
import { access, constants, mkdir, realpath } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { newLogger } from '../../telemetry/logger.js'
import { type Cluster, startCluster } from '../cluster/cluster.js'
import type { Command } from '../command.js'
import { type Configuration, resolveConfiguration } from '../configuration.js'
import { formatFlags, parseFlags, upFlags } from '../flags.js'
import { collectWhenIdle, processMemory } from '../idle-collection.js'
import { findInstance, removeInstance, writeInstance } from '../instance.js'
import { kubeconfigByPath, kubeconfigWithKeys, localUrl, writeKubeconfig } from '../kubeconfig.js'
import { systemClock } from '../system.js'
import { UserError } from '../user-error.js'
import { packageVersion } from '../version.js'

const say = (text: string) => process.stderr.write(`${text}\n`)

/** Writes the kubeconfigs; resolves with the path to tell the user. */
async function writeKubeconfigs(config: Configuration, cluster: Cluster): Promise<string> {
  const { pki } = cluster
  const url = localUrl(cluster.url)
  const own = join(config.dataDir, 'kubeconfig')
  await writeKubeconfig(own, kubeconfigByPath(url, config.pkiDir ?? 'pki'))
  if (config.kubeconfigOut) {
    await writeKubeconfig(config.kubeconfigOut, kubeconfigWithKeys(url, pki))
    return config.kubeconfigOut
  }
  return (await committedKubeconfig(config, url)) ?? own
}

/** `hack/kubeconfig` of a checkout serves where its data directory and port are the ones it names. */
async function committedKubeconfig({ dataDir }: Configuration, url: string): Promise<string | undefined> {
  if (!url.endsWith('://127.0.0.1:6443')) return undefined
  const path = join(dataDir, '../hack/kubeconfig')
  const found = await realpath(path).catch(() => undefined)
  return found && dataDir.endsWith('/.minik8s') ? path : undefined
}

const shown = (path: string) => {
  const short = relative(process.cwd(), path)
  return short.startsWith('..') ? path : short
}

function describeRecovery({ objects, records, cutBytes, milliseconds }: NonNullable<Cluster['recovery']>): string {
  const cut = cutBytes ? `; ${cutBytes} bytes of an unfinished write were cut off` : ''
  return `recovered ${objects} objects (${records} log records) in ${Math.round(milliseconds)} ms${cut}`
}

/** Milliseconds since the process started, or since whoever started us in its own process set the mark. */
const elapsedMs = () => performance.now() - (performance.getEntriesByName('minik8s start')[0]?.startTime ?? 0)

/** Resolves at the first SIGINT or SIGTERM; the second one ends the process at once. */
function stopSignal(): Promise<void> {
  return new Promise(resolve => {
    let asked = false
    const onSignal = () => {
      if (asked) process.exit(130)
      asked = true
      resolve()
    }
    process.on('SIGINT', onSignal)
    process.on('SIGTERM', onSignal)
  })
}

async function makeDataDir(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
    await access(path, constants.W_OK)
  } catch (error) {
    throw new UserError(`${path} cannot be used (${(error as Error).message}): choose another place with --data-dir`)
  }
}

/** Runs what the configuration asks for until SIGINT or SIGTERM; resolves with the exit code. */
export async function runCluster(config: Configuration): Promise<number> {
  await makeDataDir(config.dataDir)
  const running = await findInstance(config.dataDir)
  if (running)
    throw new UserError(
      `a cluster is already running on ${config.dataDir} (process ${running.pid}, ${running.server}): \`minik8s down\` stops it, --data-dir chooses another place`,
    )
  const stopped = stopSignal()
  const cluster = await startCluster(config, newLogger(config.logLevel))
  try {
    if (cluster.recovery?.objects) say(describeRecovery(cluster.recovery))
    await writeInstance(config.dataDir, localUrl(cluster.url))
    const kubeconfig = await writeKubeconfigs(config, cluster)
    say(`API server listens on ${cluster.url}`)
    const first = await Promise.race([cluster.nodesReady.then(() => 'ready'), stopped])
    if (first) {
      const ms = Math.round(elapsedMs())
      for (const notice of cluster.notices) say(notice)
      process.stdout.write(
        `minik8s v${packageVersion()} is ready in ${ms} ms: kubectl --kubeconfig ${shown(kubeconfig)} get nodes\n`,
      )
    }
    collectWhenIdle({ clock: systemClock, ...processMemory() })
    await stopped
    say('stopping …')
  } finally {
    await cluster.stop()
    await removeInstance(config.dataDir)
  }
  return 0
}

export const command: Command = {
  summary: 'run a cluster in the foreground',
  help: `Usage: minik8s up [FLAGS]

Runs a cluster until Ctrl-C or SIGTERM. Containers of pods keep running then, and the next start takes them over.

${formatFlags(upFlags)}

Each flag but --rm can be given as an environment variable, such as MINIK8S_DATA_DIR.
`,
  async run(args) {
    return runCluster(await resolveConfiguration(parseFlags(args, upFlags), process.env))
  },
}
