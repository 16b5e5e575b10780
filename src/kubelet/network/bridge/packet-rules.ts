/** What pods on our bridges need of the packet filter: a way out of the machine, ports of the machine that lead to them, and passage where others forbid it. */
import { execFile } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { joinHostPort } from '../../../machinery/host-port.js'
import { type IpFamily, isOfFamily } from '../../../machinery/ip-family.js'
import type { PortMapping } from '../../runtime/types.js'

const run = promisify(execFile)

export interface MappedPod {
  address: string
  mappings: readonly PortMapping[]
}

export interface PacketRules {
  family: IpFamily
  table: string
  bridges: readonly string[]
  /** CIDR of all pods. */
  subnet: string
  /** Of two that want one port, the first gets it. */
  pods: readonly MappedPod[]
}

const tableName = (cluster: string) => `minik8s-${cluster}-pods`

const words = { IPv4: 'ip', IPv6: 'ip6' } as const
const everywhere = { IPv4: '0.0.0.0', IPv6: '::' } as const

/** The packets of pods leave with the host's address; ports of the host lead to pods. Pure. */
export function packetRules({ family, table, bridges, subnet, pods }: PacketRules): string {
  const ip = words[family]
  const own = (mappings: readonly PortMapping[]) =>
    mappings.filter(({ hostIP }) => !hostIP || isOfFamily(hostIP, family))
  const ports = pods.flatMap(({ address, mappings }) =>
    own(mappings).map(({ containerPort, hostPort, protocol, hostIP }) => {
      const to = hostIP && hostIP !== everywhere[family] ? `${ip} daddr ${hostIP}` : 'fib daddr type local'
      return `    ${to} ${protocol.toLowerCase()} dport ${hostPort} dnat to ${joinHostPort(address, containerPort)}`
    }),
  )
  const hairpins = pods.flatMap(({ address, mappings }) =>
    own(mappings).map(
      ({ containerPort, protocol }) =>
        `    ${ip} saddr ${subnet} ${ip} daddr ${address} ${protocol.toLowerCase()} dport ${containerPort} ct status dnat masquerade`,
    ),
  )
  // The loopback address of IPv6 never leaves the machine.
  const routed = family === 'IPv4' ? bridges : []
  const fromLoopback = routed.map(bridge => `    ip saddr 127.0.0.0/8 oifname "${bridge}" masquerade`)
  const chain = (hook: string, priority: string) =>
    [`  chain ${hook} {`, `    type nat hook ${hook} priority ${priority}; policy accept;`, ...ports, '  }'].join('\n')
  return `table ${ip} ${table} {}
delete table ${ip} ${table}
table ${ip} ${table} {
${chain('prerouting', 'dstnat')}
${chain('output', '-100')}
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ${ip} saddr ${subnet} ${ip} daddr != ${subnet} masquerade
${[...fromLoopback, ...hairpins].join('\n')}
  }
}
`
}

const rulesFile = (directory: string) => join(directory, 'rules.nft')

/** Rejects with the words of nft. */
export async function loadPacketRules(
  { cluster, directory }: { cluster: string; directory: string },
  rules: readonly Omit<PacketRules, 'table'>[],
): Promise<void> {
  const texts = rules.map(one => packetRules({ table: tableName(cluster), ...one }))
  await writeFile(rulesFile(directory), texts.join(''))
  await run('nft', ['-f', rulesFile(directory)]).catch(error => {
    throw new Error((error as { stderr?: string }).stderr?.split('\n')[0] || (error as Error).message)
  })
}

/** Safe to repeat. */
export async function removePacketRules(cluster: string, directory: string): Promise<void> {
  const file = rulesFile(directory)
  for (const ip of Object.values(words)) {
    const table = `${ip} ${tableName(cluster)}`
    await writeFile(file, `table ${table} {}\ndelete table ${table}\n`)
    await run('nft', ['-f', file]).catch(() => {})
  }
  await rm(file, { force: true })
}

const forwardOf = (family: IpFamily) => [words[family], 'filter', 'FORWARD'] as const
const listForward = (family: IpFamily, ...options: string[]) =>
  run('nft', [...options, 'list', 'chain', ...forwardOf(family)])

/** Container engines on the same machine close it for everybody's packets but their own. */
export async function letThrough(bridge: string, family: IpFamily): Promise<void> {
  const { stdout } = await listForward(family).catch(() => ({ stdout: '' }))
  if (!/policy drop/.test(stdout) || stdout.includes(`"${bridge}"`)) return
  for (const side of ['iifname', 'oifname'])
    await run('nft', ['insert', 'rule', ...forwardOf(family), side, bridge, 'accept'])
}

/** Takes back what `letThrough` did. Safe to repeat. */
export async function holdBack(bridges: readonly string[], family: IpFamily): Promise<void> {
  const { stdout } = await listForward(family, '-a').catch(() => ({ stdout: '' }))
  for (const line of stdout.split('\n')) {
    const handle = bridges.some(bridge => line.includes(`"${bridge}"`)) && /# handle (\d+)/.exec(line)?.[1]
    if (handle) await run('nft', ['delete', 'rule', ...forwardOf(family), 'handle', handle]).catch(() => {})
  }
}
