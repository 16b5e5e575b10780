/** `minik8s node`: nodes in processes of their own. */
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { parseDuration } from '../../machinery/duration.js'
import { newLogger } from '../../telemetry/logger.js'
import type { Command } from '../command.js'
import { nodeConfiguration, parseLogLevel, resolveDataDir } from '../configuration.js'
import { dataDirFlags, type Flag, formatFlags, parseFlags, UsageError, upFlags } from '../flags.js'
import { findInstance } from '../instance.js'
import { kubeletFlags } from '../kubelet-flags.js'
import { systemClock as clock } from '../system.js'
import { UserError } from '../user-error.js'

const joinFlags = {
  server: { value: 'URL', help: 'the API server' },
  token: { value: 'ID.SECRET', help: 'lets a new node in; not needed again while its certificate is good' },
  'node-name': { value: 'NAME', help: 'of the node', default: 'the name of this machine' },
  'data-dir': {
    value: 'DIR',
    help: 'where certificate, logs and volumes of the node are kept',
    default: '.minik8s-NAME',
  },
  'certificate-lifetime': {
    value: 'DURATION',
    help: 'of client certificates, 10m at least; they are renewed in time',
    default: '8760h',
  },
  runtime: {
    value: 'docker|process',
    help: 'what runs containers: the Docker of the cluster, or processes of this machine, plugged in by CNI plugins',
    default: 'docker',
  },
  'cni-conf-dir': upFlags['cni-conf-dir'],
  'cni-bin-dir': upFlags['cni-bin-dir'],
  verbosity: upFlags.verbosity,
  ...kubeletFlags,
} as const satisfies Record<string, Flag>

const tokenFlags = {
  ...dataDirFlags,
  ttl: { value: 'DURATION', help: 'how long the token lets nodes in', default: '24h' },
} as const satisfies Record<string, Flag>

const shortestCertificateSeconds = 600

function secondsOf(flag: string, text: string): number {
  try {
    return Math.floor(parseDuration(text) / 1000)
  } catch (error) {
    throw new UsageError(`--${flag}: ${(error as Error).message}`)
  }
}

/** As the names of objects: upstream takes the machine's name in lower case, too. */
function checkedName(name: string): string {
  if (/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(name) && name.length <= 253) return name
  throw new UsageError(`--node-name: ${JSON.stringify(name)} is no name of a node: lower-case letters, digits, - and .`)
}

function certificateSeconds(text: string): number {
  const seconds = secondsOf('certificate-lifetime', text)
  if (seconds < shortestCertificateSeconds) throw new UsageError('--certificate-lifetime must be at least 10m')
  return seconds
}

async function joinCluster(args: readonly string[]): Promise<number> {
  const given = parseFlags(args, joinFlags)
  const {
    server,
    token,
    'node-name': name,
    'data-dir': dir,
    'certificate-lifetime': lifetime,
    verbosity,
    ...settings
  } = given
  if (!server?.startsWith('https://'))
    throw new UsageError('--server must be the https:// address of the API server, as `minik8s node token` prints it')
  const nodeName = checkedName(name ?? hostname().toLowerCase())
  const stopping = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort(new Error('stopped')))
  const [{ joinNode }, { parseBootstrapToken }] = await Promise.all([
    import('../join/join-node.js'),
    import('../join/bootstrap-token.js'),
  ])
  const work = joinNode({
    server,
    ...(token && { token: parseBootstrapToken(token) }),
    nodeName,
    configuration: nodeConfiguration(resolve(dir ?? `.minik8s-${nodeName}`), settings),
    ...(lifetime && { certificateSeconds: certificateSeconds(lifetime) }),
    log: newLogger(parseLogLevel(verbosity ?? joinFlags.verbosity.default)),
    say: text => void process.stdout.write(`${text}\n`),
    signal: stopping.signal,
  })
  await work.catch(error => {
    if (!stopping.signal.aborted) throw error
  })
  return 0
}

async function makeToken(args: readonly string[]): Promise<number> {
  const { 'data-dir': dir, ttl = tokenFlags.ttl.default } = parseFlags(args, tokenFlags)
  const dataDir = resolveDataDir(dir, process.env)
  const running = await findInstance(dataDir)
  if (!running) throw new UserError(`no cluster runs on ${dataDir}: start it, or say which with --data-dir`)
  const [{ allowJoining, newBootstrapToken, storeToken }, { newHttpsClient }, { readKubeconfig }] = await Promise.all([
    import('../join/bootstrap-token.js'),
    import('../../client/https.js'),
    import('../../client/kubeconfig.js'),
  ])
  const client = newHttpsClient(await readKubeconfig(join(dataDir, 'kubeconfig')), { clock })
  const token = newBootstrapToken()
  try {
    await allowJoining(client)
    await storeToken(client, token, clock.now() + secondsOf('ttl', ttl) * 1000)
  } finally {
    client.close()
  }
  process.stdout.write(`minik8s node join --server ${running.server} --token ${token.id}.${token.secret}\n`)
  return 0
}

const verbs: Record<string, (args: readonly string[]) => Promise<number>> = { join: joinCluster, token: makeToken }

export const command: Command = {
  summary: 'let a process of its own be a node: `node token`, `node join`',
  help: `Usage: minik8s node token [FLAGS]
       minik8s node join --server URL --token ID.SECRET [FLAGS]

\`token\` lets nodes join a cluster that runs here, and prints how. \`join\` is such a node until Ctrl-C or SIGTERM. Its pods are
plugged in as those of the cluster are: by Docker, or by the CNI plugins that both are given. Its containers keep running when it
stops, and the next start takes them over; \`minik8s down --data-dir DIR\` removes them.

Flags of \`token\`:
${formatFlags(tokenFlags)}

Flags of \`join\`:
${formatFlags(joinFlags)}
`,
  async run([verb = '', ...args]) {
    const run = verbs[verb]
    if (!run) throw new UsageError('say what to do: `minik8s node token` or `minik8s node join`')
    return run(args)
  },
}
