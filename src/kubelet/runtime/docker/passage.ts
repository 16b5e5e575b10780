/** Lets the packets of a cluster pass between its networks as they are: Docker keeps its networks apart, and hides what leaves one. */

type RunProgram = (program: string, args: readonly string[]) => Promise<{ stdout: string }>

/** One of the networks. */
export interface Bank {
  bridge: string
  /** CIDR. */
  subnet: string
  ipv6?: { subnet: string }
}

export interface Passage {
  /** Between each of them, in each family; safe to repeat. Rejects where that cannot be had. */
  open(banks: readonly Bank[]): Promise<void>
  /** Takes that back. Safe to repeat. */
  close(banks: readonly Bank[]): Promise<void>
}

/** Docker makes a chain for its users, which it looks at first; and what is not accepted before leaves with the host's address. */
const filterChain = { table: 'filter', chain: 'DOCKER-USER' } as const
const natChain = { table: 'nat', chain: 'POSTROUTING' } as const
type Program = 'iptables' | 'ip6tables'

interface PassageRule {
  place: typeof filterChain | typeof natChain
  rule: readonly string[]
}

/** What one program is to set, for one family of addresses. */
interface Side {
  program: Program
  banks: readonly Bank[]
}

function sidesOf(banks: readonly Bank[]): Side[] {
  const second = banks.flatMap(({ bridge, ipv6 }) => (ipv6 ? [{ bridge, subnet: ipv6.subnet }] : []))
  return [{ program: 'iptables', banks }, ...(second.length ? [{ program: 'ip6tables', banks: second } as const] : [])]
}

const rulesFor = ({ banks }: Side): PassageRule[] =>
  banks.flatMap(from =>
    banks
      .filter(to => to !== from)
      .flatMap(to => [
        { place: filterChain, rule: ['-i', from.bridge, '-o', to.bridge, '-j', 'ACCEPT'] },
        { place: natChain, rule: ['-s', from.subnet, '-d', to.subnet, '-j', 'ACCEPT'] },
      ]),
  )

/** By the program that Docker itself uses. */
export function newPassage(run: RunProgram): Passage {
  const tell = (program: Program, command: string, { place, rule }: PassageRule) =>
    run(program, ['-w', '-t', place.table, command, place.chain, ...rule])
  /** Lines as `iptables -S` has them. */
  const listed = async (program: Program, place: PassageRule['place']) =>
    new Set((await tell(program, '-S', { place, rule: [] })).stdout.split('\n'))
  const lineOf = ({ place, rule }: PassageRule) => ['-A', place.chain, ...rule].join(' ')
  async function present(program: Program): Promise<(rule: PassageRule) => boolean> {
    const [filter, nat] = [await listed(program, filterChain), await listed(program, natChain)]
    return rule => (rule.place === filterChain ? filter : nat).has(lineOf(rule))
  }
  return {
    async open(banks) {
      for (const side of sidesOf(banks)) {
        const isPresent = await present(side.program)
        for (const one of rulesFor(side)) if (!isPresent(one)) await tell(side.program, '-I', one)
      }
    },
    async close(banks) {
      for (const side of sidesOf(banks)) {
        const isPresent = await present(side.program).catch(() => () => false)
        for (const one of rulesFor(side)) if (isPresent(one)) await tell(side.program, '-D', one)
      }
    },
  }
}
