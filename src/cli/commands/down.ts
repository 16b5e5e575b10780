/** `minik8s down`. */
import type { Command } from '../command.js'
import { resolveDataDir } from '../configuration.js'
import { dataDirFlags, formatFlags, parseFlags } from '../flags.js'
import { removeLeftovers, stopInstance } from '../stop-instance.js'

export const command: Command = {
  summary: 'stop the cluster and remove its containers; objects are kept',
  help: `Usage: minik8s down [FLAGS]

Stops a running cluster and removes its containers and network. Objects and keys stay in the data
directory: the next \`minik8s up\` starts the same pods again. With the data directory of a node that has
joined a cluster, it is that node alone that is stopped.

${formatFlags(dataDirFlags)}
`,
  async run(args) {
    const dataDir = resolveDataDir(parseFlags(args, dataDirFlags)['data-dir'], process.env)
    const stopped = await stopInstance(dataDir)
    const removed = await removeLeftovers(dataDir)
    process.stdout.write(`${stopped ? 'stopped' : 'no cluster was running'}; ${removed}\n`)
    return 0
  },
}
