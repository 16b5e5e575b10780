/** What of the machine a cluster might change and has to leave as it was: links, routes, rules, settings of the kernel, files. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { output, run } from './run.js'

/** By kind, sorted lines. */
export type HostState = Record<string, string[]>

/** What Docker itself keeps, and what is another's by its nature. */
const otherFiles = ['/run/docker', '/run/containerd', '/run/user', '/run/log', '/var/lib/docker', '/var/lib/containerd']
const folders = ['/etc', '/run', '/opt', '/usr/local', '/var/lib']

const linesOf = (text: string) => text.split('\n').flatMap(line => line.trim() || [])
const lines = async (command: string, ...args: string[]) => linesOf(await output(command, args))

/** Names, addresses and bridges of Docker networks that are not this cluster's: other tests may run beside. */
async function others(cluster: string | undefined): Promise<string[]> {
  const isOwn = (text: string) => cluster !== undefined && text.includes(cluster)
  const format = '{{.Name}} {{.ID}} {{range .IPAM.Config}}{{.Subnet}} {{.Gateway}} {{end}}'
  const ids = await lines('docker', 'network', 'ls', '-q', '--filter', 'driver=bridge')
  const networks = await Promise.all(ids.map(id => run('docker', ['network', 'inspect', '-f', format, id])))
  return networks
    .flatMap(({ stdout }) => linesOf(stdout))
    .filter(line => !isOwn(line))
    .flatMap(line => {
      const [name = '', id = '', subnet, gateway] = line.split(' ')
      const prefix = subnet?.split('.').slice(0, 2).join('.')
      return [name, `br-${id.slice(0, 12)}`, ...(subnet && prefix ? [subnet, `${prefix}.`] : []), gateway ?? '']
    })
    .filter(text => text.length > 2 && text !== 'bridge')
}

const withoutCounters = (text: string) =>
  text.replace(/ \[\d+:\d+\]/g, '').replace(/counter packets \d+ bytes \d+/g, 'counter')
/** `iptables` makes a table with its built-in chains the first time it lists them, and nobody takes them away: empty, they do nothing. */
const withoutEmptyTables = (text: string) =>
  text
    .replace(/\tchain [A-Z]+ \{\n\t\ttype [^\n]*policy accept;\n\t\}\n/g, '')
    .replace(/^table ip6? (filter|nat) \{\n\s*\}\n/gm, '')
/** As `withoutEmptyTables`, of what `iptables-save` says. */
const doesNothing = (line: string) => /^(\*\w+|:[A-Z]+ ACCEPT|COMMIT)$/.test(line)
const withoutComments = (all: readonly string[]) => all.filter(line => !line.startsWith('#'))

/** A table each, of those that other clusters do not own. */
async function tables(): Promise<string[]> {
  const all = await lines('nft', 'list', 'tables')
  const texts = await Promise.all(
    all.map(async table => {
      const { stdout } = await run('nft', ['list', ...table.split(' ')])
      return linesOf(withoutEmptyTables(withoutCounters(stdout)))
    }),
  )
  return all.flatMap((table, i) => (table.includes('minik8s-') ? [table] : texts[i]!.map(line => `${table}: ${line}`)))
}

async function links(): Promise<string[]> {
  const found = await lines('ip', '-o', 'link')
  // Pairs are told by the bridge that they hang on; between two they hang on none.
  return found.flatMap(line => {
    const [, name = '', master = ''] = /^\d+: (\S+?)(?:@\S+)?: .*?(?:master (\S+))?(?: |$)/.exec(line) ?? []
    return name.startsWith('veth') ? (master ? [`veth on ${master}`] : []) : [name]
  })
}

/** Settings that every link brings along go with it. */
const settings = async () =>
  (await lines('sysctl', '-a', '--pattern', '^(net\\.|vm\\.overcommit|kernel\\.(panic|keys)|fs\\.inotify)')).filter(
    line => !/(conf|neigh)\.(?!all|default|lo)/.test(line) && !line.includes('nf_conntrack_count'),
  )

const files = () =>
  lines(
    'find',
    ...folders,
    ...otherFiles.flatMap(path => ['-path', path, '-prune', '-o']),
    '-type',
    'f',
    '-printf',
    '%p %s\n',
  )

/** Reads it all; what belongs to clusters other than that of the data directory is left out. */
export async function readHostState(cluster?: string): Promise<HostState> {
  const foreign = await others(cluster)
  const isOther = (line: string) =>
    foreign.some(text => line.includes(text)) || (/mk8s|minik8s-/.test(line) && !(cluster && line.includes(cluster)))
  const own = (all: readonly string[]) => all.filter(line => !isOther(line)).sort()
  const [link, address, route, rule, iptables, ip6tables, nft, setting, file, docker] = await Promise.all([
    links(),
    lines('ip', '-o', 'addr'),
    Promise.all(['-4', '-6'].map(family => lines('ip', family, 'route', 'show', 'table', 'all'))),
    lines('ip', 'rule'),
    output('iptables-save', []),
    output('ip6tables-save', []),
    tables(),
    settings(),
    files(),
    lines('docker', 'network', 'ls', '--format', 'network {{.Name}}'),
  ])
  const filter = (text: string) =>
    own(withoutComments(linesOf(withoutCounters(text))).filter(line => !doesNothing(line)))
  return {
    links: own(link),
    addresses: own(
      address.map(line => line.replace(/^\d+: |valid_lft.*/g, '')).filter(line => !line.startsWith('veth')),
    ),
    routes: own(route.flat().filter(line => !/dev veth/.test(line))),
    rules: own(rule),
    iptables: filter(iptables),
    ip6tables: filter(ip6tables),
    nft: own(nft),
    settings: setting.sort(),
    files: file.sort(),
    docker: own(docker),
  }
}

/** Lines that came (+) and went (-). */
export function changes(before: HostState, after: HostState): string[] {
  return Object.keys(before).flatMap(kind => {
    const was = new Set(before[kind])
    const is = new Set(after[kind])
    return [
      ...[...is].filter(line => !was.has(line)).map(line => `${kind} + ${line}`),
      ...[...was].filter(line => !is.has(line)).map(line => `${kind} - ${line}`),
    ]
  })
}

export const clusterIdOf = (dataDir: string): string =>
  JSON.parse(readFileSync(join(dataDir, 'cluster.json'), 'utf8')).id
