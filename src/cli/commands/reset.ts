/** `minik8s reset`. */
import type { Command } from '../command.js'
import { resolveDataDir } from '../configuration.js'
import { dataDirFlags, formatFlags, parseFlags } from '../flags.js'
import { removeFiles } from '../remove-files.js'
import { removeLeftovers, stopInstance } from '../stop-instance.js'

/** What `up` makes below the data directory; nothing else in it is touched. */
const ours = ['store', 'pki', 'nodes', 'runtime', 'volumes', 'programs', 'kubeconfig', 'cluster.json', 'instance.json']

export const command: Command = {
  summary: 'stop the cluster and delete all that it stored',
  help: `Usage: minik8s reset [FLAGS]

Stops a running cluster, removes its containers and network, and deletes its objects and keys, and images that were
loaded into its data directory.
The next \`minik8s up\` starts an empty cluster.

${formatFlags(dataDirFlags)}
`,
  async run(args) {
    const dataDir = resolveDataDir(parseFlags(args, dataDirFlags)['data-dir'], process.env)
    await stopInstance(dataDir)
    const removed = await removeLeftovers(dataDir)
    await removeFiles(dataDir, ours)
    process.stdout.write(`${removed}; all objects and keys in ${dataDir} are deleted\n`)
    return 0
  },
}
