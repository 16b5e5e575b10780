/** `minik8s apiserver`: an API server alone; several on one etcd serve one cluster. */
import type { Command } from '../command.js'
import { resolveConfiguration } from '../configuration.js'
import { apiServerCommandFlags, formatFlags, parseFlags } from '../flags.js'
import { runCluster } from './up.js'

export const command: Command = {
  summary: 'run an API server alone',
  help: `Usage: minik8s apiserver --storage etcd://HOST:PORT,… [FLAGS]

Runs an API server until Ctrl-C or SIGTERM, with neither controllers nor scheduler nor nodes. Several on one etcd, or on a cluster of
it, serve one cluster: give each a data directory and a port of its own, and all of them the same --pki-dir. Controllers, scheduler
and nodes are run once, by \`minik8s up\` on the same etcd and --pki-dir, or by stock components.

${formatFlags(apiServerCommandFlags)}

Each flag can be given as an environment variable, such as MINIK8S_DATA_DIR.
`,
  async run(args) {
    const config = await resolveConfiguration(parseFlags(args, apiServerCommandFlags), process.env)
    return runCluster({ ...config, runtime: 'none', nodes: 0, controllers: [], scheduler: false })
  },
}
