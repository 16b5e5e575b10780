/** `minik8s version`. */
import type { Command } from '../command.js'
import { parseFlags } from '../flags.js'
import { kubernetesVersion, packageVersion } from '../version.js'

export const command: Command = {
  summary: 'print the version',
  help: 'Usage: minik8s version\n\nPrints the version of minik8s and of the Kubernetes API it serves.\n',
  async run(args) {
    parseFlags(args, {})
    process.stdout.write(`minik8s v${packageVersion()} (Kubernetes ${kubernetesVersion}, Node.js ${process.version})\n`)
    return 0
  },
}
