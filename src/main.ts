/** Entry of the `minik8s` command: finds the command, loads only what it needs, turns mistakes into sentences and exit codes. */
import type { Command } from './cli/command.js'
import { UsageError } from './cli/flags.js'

const commands: Record<string, () => Promise<{ command: Command }>> = {
  apiserver: () => import('./cli/commands/apiserver.js'),
  storage: () => import('./cli/commands/storage.js'),
  'controller-manager': () => import('./cli/commands/controller-manager.js'),
  scheduler: () => import('./cli/commands/scheduler.js'),
  up: () => import('./cli/commands/up.js'),
  down: () => import('./cli/commands/down.js'),
  image: () => import('./cli/commands/image.js'),
  node: () => import('./cli/commands/node.js'),
  reset: () => import('./cli/commands/reset.js'),
  snapshot: () => import('./cli/commands/snapshot.js'),
  version: () => import('./cli/commands/version.js'),
}

async function overview(): Promise<string> {
  const lines = await Promise.all(
    Object.entries(commands).map(async ([name, load]) => `  ${name.padEnd(20)}${(await load()).command.summary}`),
  )
  return `minik8s: a whole Kubernetes in one process\n\nUsage: minik8s COMMAND [FLAGS]\n\nCommands:\n${lines.join('\n')}\n\n\`minik8s COMMAND --help\` says more.\n`
}

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (!name || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(await overview())
    return name ? 0 : 2
  }
  const load = commands[name === '--version' ? 'version' : name]
  if (!load) throw new UsageError(`there is no command "${name}"; \`minik8s --help\` lists them`)
  const { command } = await load()
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(command.help)
    return 0
  }
  return command.run(args)
}

// Connections do not keep a process alive: they must not end it under a command that waits for them.
const alive = setInterval(() => {}, 1 << 30)
main(process.argv.slice(2)).then(
  code => {
    clearInterval(alive)
    process.exitCode = code
  },
  error => {
    const known = error instanceof UsageError || (error as { userFacing?: boolean }).userFacing
    process.stderr.write(`minik8s: ${known ? error.message : ((error as Error).stack ?? error)}\n`)
    process.exit(error instanceof UsageError ? 2 : 1)
  },
)
