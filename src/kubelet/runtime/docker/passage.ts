/** Lets the packets of a cluster pass between its networks as they are: Docker keeps its networks apart, and hides what leaves one. */

type RunProgram = (program: string, args: readonly string[]) => Promise<{ stdout: string }>

/** One of the networks. */
export interface Bank {
  bridge: string
  /** CIDR. */
  subnet: string
  ipv6?: { subnet: string }
}

/** All the networks there may be; CIDRs. */
export interface River {
  subnet: string
  ipv6?: string
}

export interface Passage {
  /** Whether that can be had. */
  isPossible(): Promise<boolean>
  /** From each of them to all others, in each family; safe to repeat. Rejects where that cannot be had. */
  open(banks: readonly Bank[], river: River): Promise<void>
  /** Takes back what was done for them. Safe to repeat. */
  close(banks: readonly Bank[]): Promise<void>
}

/** Docker makes a chain for its users, which it looks at first; and what is not accepted before leaves with the host's address. */
const filterChain = { table: 'filter', chain: 'DOCKER-USER' } as const
const natChain = { table: 'nat', chain: 'POSTROUTING' } as const
const chains = [filterChain, natChain] as const
type Chain = (typeof chains)[number]
type Program = 'iptables' | 'ip6tables'

/** What one program is to set, for one family of addresses. */
interface Side {
  program: Program
  banks: readonly { bridge: string; subnet: string }[]
  river: string
}

function sidesOf(banks: readonly Bank[], { subnet, ipv6 = '' }: River): Side[] {
  const second = banks.flatMap(({ bridge, ipv6: own }) => (own ? [{ bridge, subnet: own.subnet }] : []))
  const first: Side = { program: 'iptables', banks, river: subnet }
  return [first, ...(second.length ? [{ program: 'ip6tables', banks: second, river: ipv6 } as const] : [])]
}

interface PassageRule {
  place: Chain
  rule: readonly string[]
}

/** What stays on a bridge is Docker's matter, and that of whoever sends packets back to where they came from. */
const rulesFor = ({ banks, river }: Side): PassageRule[] =>
  banks.flatMap(({ bridge, subnet }) => [
    { place: filterChain, rule: ['-d', river, '-i', bridge, '-j', 'ACCEPT'] },
    { place: natChain, rule: ['-s', subnet, '-d', river, '!', '-o', bridge, '-j', 'ACCEPT'] },
  ])

/** By the program that Docker itself uses; `session` is where it can be run. */
export function newPassage(session: <T>(use: (run: RunProgram) => Promise<T>) => Promise<T>): Passage {
  const tell = (run: RunProgram, program: Program, [command, { place, rule }]: readonly [string, PassageRule]) =>
    run(program, ['-w', '-t', place.table, command, place.chain, ...rule])
  /** Rules as `iptables -S` has them, without the name of the chain. */
  async function present(run: RunProgram, program: Program, place: Chain): Promise<string[]> {
    const { stdout } = await tell(run, program, ['-S', { place, rule: [] }])
    const beginning = `-A ${place.chain} `
    return stdout.split('\n').flatMap(line => (line.startsWith(beginning) ? [line.slice(beginning.length)] : []))
  }
  /** Undefined where Docker has no such chains in IPv6: then it keeps nothing apart there. */
  const known = (run: RunProgram, { program }: Side): Promise<ReadonlySet<string> | undefined> =>
    Promise.all(chains.map(place => present(run, program, place))).then(
      lists => new Set(lists.flat()),
      error => {
        if (program === 'iptables') throw error
        return undefined
      },
    )
  async function openSide(run: RunProgram, side: Side): Promise<void> {
    const there = await known(run, side)
    const missing = there ? rulesFor(side).filter(({ rule }) => !there.has(rule.join(' '))) : []
    for (const one of missing) await tell(run, side.program, ['-I', one])
  }
  return {
    isPossible: () =>
      session(run => present(run, 'iptables', filterChain)).then(
        () => true,
        () => false,
      ),
    open: (banks, river) =>
      session(async run => {
        for (const side of sidesOf(banks, river)) await openSide(run, side)
      }),
    close: banks =>
      session(async run => {
        const second = banks.some(({ ipv6 }) => ipv6) ? (['ip6tables'] as const) : []
        for (const program of ['iptables', ...second] as const)
          for (const place of chains)
            for (const line of await present(run, program, place).catch(() => []))
              if (isOf(banks, line)) await tell(run, program, ['-D', { place, rule: line.split(' ') }])
      }),
  }
}

/** Nobody else has rules about these networks that are not Docker's, in chains where Docker has none of this kind. */
function isOf(banks: readonly Bank[], line: string): boolean {
  const words = line.split(' ')
  const names = new Set(banks.flatMap(({ bridge, subnet, ipv6 }) => [bridge, subnet, ...(ipv6 ? [ipv6.subnet] : [])]))
  return line.endsWith('-j ACCEPT') && words.some(word => names.has(word))
}
