/** `minik8s storage migrate`: moves a cluster from one store to another. */
import { mkdir } from 'node:fs/promises'
import { newLogger } from '../../telemetry/logger.js'
import { migrate } from '../cluster/migrate.js'
import { openStore } from '../cluster/store.js'
import type { Command } from '../command.js'
import { defaults, resolveDataDir } from '../configuration.js'
import { formatFlags, parseFlags, storageFlags, UsageError } from '../flags.js'
import { parseStorageLocation } from '../storage-location.js'

const help = `Usage: minik8s storage migrate --from WHERE --to WHERE [FLAGS]

Copies all objects from one store to another, which must be empty. Stop all servers of both first. WHERE is file, the store of the
data directory; file:DIR, such a store elsewhere; or etcd://HOST:PORT,…[/PREFIX]. An etcd may be that of a stock API server, before or
after: what it has stored is read, and it reads what is written. Resource versions begin anew: clients list again.
What is encrypted is read, and written again, by the keys of --encryption-provider-config; without, nothing is encrypted after.

${formatFlags(storageFlags)}
`

async function run(args: readonly string[]): Promise<number> {
  const { from, to, 'data-dir': dataDirFlag, ...apiServer } = parseFlags(args, storageFlags)
  if (!from || !to) throw new UsageError('storage migrate needs --from and --to')
  const dataDir = resolveDataDir(dataDirFlag, process.env)
  if (parseStorageLocation('from', from).engine === 'file' || parseStorageLocation('to', to).engine === 'file')
    await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const log = newLogger('warn')
  const open = async (storage: string) => (await openStore({ ...defaults, dataDir, storage, apiServer }, log)).storage
  // Connections to etcd keep no process alive.
  const alive = setInterval(() => {}, 1000)
  const source = await open(from)
  try {
    const target = await open(to)
    try {
      process.stdout.write(`copied ${await migrate(source, target)} objects from ${from} to ${to}\n`)
    } finally {
      await target.close()
    }
  } finally {
    await source.close()
    clearInterval(alive)
  }
  return 0
}

export const command: Command = {
  summary: 'move a cluster to another store',
  help,
  run([verb, ...args]) {
    if (verb !== 'migrate') throw new UsageError('`minik8s storage` knows one verb: `minik8s storage migrate --help`')
    return run(args)
  },
}
