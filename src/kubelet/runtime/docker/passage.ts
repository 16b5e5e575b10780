/** Lets the packets of a cluster pass between its networks as they are: Docker keeps its networks apart, and hides what leaves one. */

type RunProgram = (program: string, args: readonly string[]) => Promise<{ stdout: string }>

/** One of the networks. */
export interface Bank {
  bridge: string
  /** CIDR. */
  subnet: string
}

export interface Passage {
  /** Between each of them; safe to repeat. Rejects where that cannot be had. */
  open(banks: readonly Bank[]): Promise<void>
  /** Takes that back. Safe to repeat. */
  close(banks: readonly Bank[]): Promise<void>
}

/** Docker makes a chain for its users, which it looks at first; and what is not accepted before leaves with the host's address. */
const filterChain = ['-t', 'filter', 'DOCKER-USER'] as const
const natChain = ['-t', 'nat', 'POSTROUTING'] as const
type ChainPlace = readonly [option: string, table: string, chain: string]

interface PassageRule {
  place: ChainPlace
  rule: readonly string[]
}

const rulesFor = (banks: readonly Bank[]): PassageRule[] =>
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
  const tell = ([option, table, chain]: ChainPlace, command: string, rule: readonly string[] = []) =>
    run('iptables', ['-w', option, table, command, chain, ...rule])
  /** Lines as `iptables -S` has them. */
  const listed = async (place: ChainPlace) => new Set((await tell(place, '-S')).stdout.split('\n'))
  const lineOf = ({ place, rule }: PassageRule) => ['-A', place[2], ...rule].join(' ')
  async function present(): Promise<(rule: PassageRule) => boolean> {
    const [filter, nat] = [await listed(filterChain), await listed(natChain)]
    return rule => (rule.place === filterChain ? filter : nat).has(lineOf(rule))
  }
  return {
    async open(banks) {
      const isPresent = await present()
      for (const one of rulesFor(banks)) if (!isPresent(one)) await tell(one.place, '-I', one.rule)
    },
    async close(banks) {
      const isPresent = await present().catch(() => () => false)
      for (const one of rulesFor(banks)) if (isPresent(one)) await tell(one.place, '-D', one.rule)
    },
  }
}
