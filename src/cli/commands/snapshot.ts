/** `minik8s snapshot`: back-up, restoring, a look inside, a fork. */
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Command } from '../command.js'
import { resolveDataDir } from '../configuration.js'
import { dataDirFlags, type Flag, formatFlags, parseFlags, UsageError } from '../flags.js'
import { kubeconfigWithKeys, writeKubeconfig } from '../kubeconfig.js'
import { readSnapshotFile, readStoreDirectory } from '../snapshot/state.js'

const flags = {
  ...dataDirFlags,
  salvage: { help: 'save: of a damaged log take what lies before the damage' },
  replace: { help: 'restore: move a store that is there aside' },
  keys: { value: 'PREFIX', help: 'inspect: list keys, such as pods/default/' },
  object: { value: 'KEY', help: 'inspect: print an object, such as pods/default/web' },
  port: { value: 'N', help: 'serve: port of the API server', default: 'any' },
  'encryption-provider-config': {
    value: 'FILE',
    help: 'serve: the keys of what is encrypted; other verbs copy it as it is',
  },
} as const satisfies Record<string, Flag>

type Given = ReturnType<typeof parseFlags<typeof flags>>

const say = (text: string) => process.stdout.write(`${text}\n`)

const stateOf = (dataDir: string, file: string | undefined) =>
  file ? readSnapshotFile(file) : readStoreDirectory(join(dataDir, 'store'))

async function inspect(dataDir: string, file: string | undefined, { keys, object }: Given): Promise<void> {
  const { describeState, listKeys, showObject } = await import('../snapshot/inspect.js')
  const state = await stateOf(dataDir, file)
  if (object) say(showObject(state, object))
  else say(keys === undefined ? describeState(state) : listKeys(state, keys))
}

/** Until SIGINT or SIGTERM. */
async function serve(dataDir: string, file: string | undefined, { port = '0', ...given }: Given): Promise<void> {
  const { serveState } = await import('../snapshot/serve.js')
  const keys = given['encryption-provider-config']
  const cluster = await serveState(await stateOf(dataDir, file), {
    port: Number(port),
    ...(keys && { 'encryption-provider-config': keys }),
  })
  const kubeconfig = join(tmpdir(), `minik8s-snapshot-${process.pid}`, 'kubeconfig')
  await writeKubeconfig(kubeconfig, kubeconfigWithKeys(cluster.url, cluster.pki))
  say(`what is there can be read: kubectl --kubeconfig ${kubeconfig} get all -A`)
  await new Promise<void>(done => {
    process.once('SIGINT', () => done())
    process.once('SIGTERM', () => done())
  })
  await cluster.stop()
  const { rm } = await import('node:fs/promises')
  await rm(join(kubeconfig, '..'), { recursive: true })
}

function fileOf(verb: string, [file]: readonly string[]): string {
  if (!file) throw new UsageError(`say where: \`minik8s snapshot ${verb} ${verb === 'fork' ? 'DIR' : 'FILE'}\``)
  return resolve(file)
}

const verbs: Record<string, (dataDir: string, words: readonly string[], given: Given) => Promise<void>> = {
  async save(dataDir, words, { salvage }) {
    const { saveSnapshot } = await import('../snapshot/save.js')
    say(await saveSnapshot(dataDir, fileOf('save', words), { salvage }))
  },
  async restore(dataDir, words, { replace }) {
    const { restoreSnapshot } = await import('../snapshot/save.js')
    say(await restoreSnapshot(dataDir, fileOf('restore', words), { replace }))
  },
  async fork(dataDir, words) {
    const { forkDataDirectory } = await import('../snapshot/fork.js')
    say(await forkDataDirectory(dataDir, fileOf('fork', words)))
  },
  inspect: (dataDir, words, given) => inspect(dataDir, words[0], given),
  serve: (dataDir, words, given) => serve(dataDir, words[0], given),
}

export const command: Command = {
  summary: 'save, restore, fork and look into what a cluster has stored',
  help: `Usage: minik8s snapshot save FILE        the state as one file; the cluster may be running
       minik8s snapshot restore FILE     into a data directory; the cluster must be stopped
       minik8s snapshot fork DIR         the state and the keys in a new data directory, in milliseconds
       minik8s snapshot inspect [FILE]   what is there: of a file, or of the data directory
       minik8s snapshot serve [FILE]     an API server that shows it and takes no writes

A store that is damaged is refused at the start. A back-up brings it back: \`restore --replace\`. Without one,
\`save --salvage\` takes every write before the damage, and \`restore --replace\` goes on from there.

${formatFlags(flags)}
`,
  async run(args) {
    const [verb = '', ...rest] = args
    const words = rest.filter((arg, i) => !arg.startsWith('-') && !takesValue(rest[i - 1]))
    const given = parseFlags(
      rest.filter(arg => !words.includes(arg)),
      flags,
    )
    const act = verbs[verb]
    if (!act) throw new UsageError(`say what to do: \`minik8s snapshot ${Object.keys(verbs).join('|')}\``)
    await act(resolveDataDir(given['data-dir'], process.env), words, given)
    return 0
  },
}

/** Whether what follows belongs to it. */
function takesValue(arg: string | undefined): boolean {
  const flag: Flag | undefined = arg?.startsWith('--') ? flags[arg.slice(2) as keyof typeof flags] : undefined
  return flag?.value !== undefined
}
