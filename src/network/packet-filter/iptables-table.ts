/**
 * Chains of iptables as data: owners say what they want, and what differs from what was loaded last becomes one `iptables-restore --noflush`.
 *
 * All chains are ours: their names begin with one prefix, and rules name them in full. A chain with a hook is led to from the beginning of that
 * chain of the kernel. Rules that owners put into a chain together, such as one for each service, are `shared`.
 */
import type { RuleTable } from './rule-table.js'

export interface IptablesChain {
  table: IptablesTableName
  /** A chain of the kernel, such as PREROUTING. */
  hook?: string
  /** Each as after `-A CHAIN`. */
  rules: readonly string[]
}

export type IptablesTableName = 'nat' | 'filter'

export interface SharedRule {
  table: IptablesTableName
  /** With the prefix; made when it is not there. */
  chain: string
  rule: string
}

export interface IptablesPart {
  /** By name, with the prefix; a chain has one owner. */
  chains?: Readonly<Record<string, IptablesChain>>
  /** After the rules of the chain's owner, in no order of their own; several owners may want the same. */
  shared?: readonly SharedRule[]
}

/** First line of what does not go on from what was loaded before: with the prefix of the chains that are to go. */
export const fromScratch = /^# from scratch: (\S+)\n/

interface Shared {
  table: IptablesTableName
  /** How often a rule is wanted. */
  rules: Map<string, number>
}

interface Loaded {
  table: IptablesTableName
  hook?: string
  body: string
  count: number
}

/** Lines of one table: chains are there before rules name them, and go when nothing names them any more. */
class TableLines {
  readonly declared: string[] = []
  readonly rules: string[] = []
  readonly gone: string[] = []

  toText(table: IptablesTableName): string {
    const lines = [...this.declared, ...this.rules, ...this.gone]
    return lines.length ? `*${table}\n${lines.join('\n')}\nCOMMIT\n` : ''
  }
}

const entries = <T>(record: Readonly<Record<string, T>> | undefined) => Object.entries(record ?? {})

export class IptablesTable implements RuleTable<IptablesPart> {
  readonly #parts = new Map<string, IptablesPart>()
  readonly #chains = new Map<string, IptablesChain>()
  readonly #shared = new Map<string, Shared>()
  readonly #loaded = new Map<string, Loaded>()
  readonly #changed = new Set<string>()
  #fresh = true

  /** The name is the prefix of the chains. */
  constructor(readonly name: string) {}

  set(owner: string, part?: IptablesPart): void {
    this.#remove(owner)
    if (!part) return
    this.#parts.set(owner, part)
    for (const [name, chain] of entries(part.chains)) {
      this.#chains.set(name, chain)
      this.#changed.add(name)
    }
    for (const { table, chain, rule } of part.shared ?? []) {
      const shared = this.#shared.get(chain) ?? { table, rules: new Map() }
      this.#shared.set(chain, shared)
      shared.rules.set(rule, (shared.rules.get(rule) ?? 0) + 1)
      this.#changed.add(chain)
    }
  }

  #remove(owner: string): void {
    const part = this.#parts.get(owner)
    if (!part) return
    this.#parts.delete(owner)
    for (const [name] of entries(part.chains)) {
      this.#chains.delete(name)
      this.#changed.add(name)
    }
    for (const { chain, rule } of part.shared ?? []) {
      const rules = this.#shared.get(chain)?.rules
      const left = (rules?.get(rule) ?? 1) - 1
      if (left) rules?.set(rule, left)
      else rules?.delete(rule)
      if (rules?.size === 0) this.#shared.delete(chain)
      this.#changed.add(chain)
    }
  }

  /** With those that lead to chains that have a hook. */
  get ruleCount(): number {
    let count = 0
    for (const loaded of this.#loaded.values()) count += loaded.count + (loaded.hook ? 1 : 0)
    return count
  }

  forget(): void {
    this.#fresh = true
    this.#loaded.clear()
    for (const name of [...this.#chains.keys(), ...this.#shared.keys()]) this.#changed.add(name)
  }

  transaction(): string {
    const tables = { nat: new TableLines(), filter: new TableLines() }
    for (const name of this.#changed) {
      const wanted = this.#wanted(name)
      if (wanted) this.#change(name, wanted, tables[wanted.table])
      else this.#drop(name, tables)
    }
    this.#changed.clear()
    const text = `${tables.nat.toText('nat')}${tables.filter.toText('filter')}`
    if (!text) return ''
    const begin = this.#fresh ? `# from scratch: ${this.name}\n` : ''
    this.#fresh = false
    return `${begin}${text}`
  }

  #wanted(name: string): Loaded | undefined {
    const chain = this.#chains.get(name)
    const shared = this.#shared.get(name)
    const table = (chain ?? shared)?.table
    if (!table) return undefined
    const rules = [...(chain?.rules ?? []), ...[...(shared?.rules.keys() ?? [])].sort()]
    const body = rules.map(rule => `-A ${name} ${rule}`).join('\n')
    return { table, body, count: rules.length, ...(chain?.hook && { hook: chain.hook }) }
  }

  #change(name: string, wanted: Loaded, lines: TableLines): void {
    const loaded = this.#loaded.get(name)
    if (loaded?.body === wanted.body) return
    this.#loaded.set(name, wanted)
    // Naming it makes a new chain, and empties one that is there.
    lines.declared.push(`:${name} - [0:0]`)
    if (wanted.body) lines.rules.push(wanted.body)
    if (wanted.hook && !loaded) lines.gone.push(`-I ${wanted.hook} -j ${name}`)
  }

  #drop(name: string, tables: Readonly<Record<IptablesTableName, TableLines>>): void {
    const loaded = this.#loaded.get(name)
    if (!loaded) return
    this.#loaded.delete(name)
    const { declared, gone } = tables[loaded.table]
    declared.push(`:${name} - [0:0]`)
    if (loaded.hook) gone.push(`-D ${loaded.hook} -j ${name}`)
    gone.push(`-X ${name}`)
  }
}
