/**
 * One nftables table as data: owners say what they want in it, and what differs from what was loaded last becomes one transaction.
 *
 * `set('shop/web', { chains: { 'svc-1': { rules: ['dnat to 172.18.0.2:80'] } }, elements: [{ set: 'service-ips', key: '10.96.0.7 . tcp . 80',
 * value: 'goto svc-1' }] })` adds a chain and an element; `set('shop/web')` takes both away again.
 */
import type { IpFamily } from '../../machinery/ip-family.js'
import { nftWords } from './nft-words.js'
import type { RuleTable } from './rule-table.js'

export interface Chain {
  /** `type … hook … priority …; policy …;` of a base chain. */
  hook?: string
  rules: readonly string[]
}

export interface Element {
  set: string
  key: string
  /** What a map holds for the key. */
  value?: string
}

export interface TablePart {
  /** By name; a chain has one owner. */
  chains?: Readonly<Record<string, Chain>>
  /** Declarations of sets and maps by name, such as `set { type ipv4_addr; }`. Whoever changes one changes its name; one owner. */
  sets?: Readonly<Record<string, string>>
  /** Owners may want the same element: the first by name has its way. */
  elements?: readonly Element[]
}

const separator = '\n'
const idOf = ({ set, key }: Element) => `${set}${separator}${key}`
const entries = <T>(record: Readonly<Record<string, T>> | undefined) => Object.entries(record ?? {})

/** Lines of a transaction, each sort in the place where what it refers to is there already, or not needed any more. */
class Difference {
  readonly declared: string[] = []
  readonly flushed: string[] = []
  readonly bodies: string[] = []
  readonly lost = new Map<string, string[]>()
  readonly gained = new Map<string, string[]>()
  readonly goneChains: string[] = []
  readonly goneSets: string[] = []

  /** `table`: with its family. */
  toText(table: string): string {
    const elements = (verb: string, bySet: ReadonlyMap<string, readonly string[]>) =>
      [...bySet].map(([set, texts]) => `${verb} element ${table} ${set} { ${texts.join(', ')} }`)
    const block = (lines: readonly string[]) => (lines.length ? [`table ${table} {`, ...lines, '}'] : [])
    const each = (verb: string, names: readonly string[]) => names.map(name => `${verb} ${table} ${name}`)
    const lines = [
      ...block(this.declared),
      ...each('flush chain', this.flushed),
      ...block(this.bodies),
      ...elements('delete', this.lost),
      ...elements('add', this.gained),
      ...each('flush chain', this.goneChains),
      ...each('delete chain', this.goneChains),
      ...each('delete set', this.goneSets),
    ]
    return lines.length ? `${lines.join('\n')}\n` : ''
  }
}

const guard = 'guard'
/** Anew, with a mark in it. */
const startOver = (table: string) =>
  `table ${table} {}\ndelete table ${table}\ntable ${table} {\n  set ${guard} { type mark; elements = { 1 } }\n}\n`
/** Fails without the mark: otherwise nft would make a table that somebody deleted anew, with nothing in it but what changed. */
const mustBeThere = (table: string) => `delete element ${table} ${guard} { 1 }\nadd element ${table} ${guard} { 1 }\n`

function addTo(bySet: Map<string, string[]>, set: string, text: string): void {
  const texts = bySet.get(set)
  if (texts) texts.push(text)
  else bySet.set(set, [text])
}

export class NftTable implements RuleTable<TablePart> {
  readonly #parts = new Map<string, TablePart>()
  readonly #chains = new Map<string, Chain>()
  readonly #sets = new Map<string, string>()
  /** Value by owner, by element. */
  readonly #claims = new Map<string, Map<string, string>>()
  /** What the kernel has: chains with their rules as text, sets, elements with their values. */
  readonly #loadedChains = new Map<string, string>()
  readonly #loadedSets = new Set<string>()
  readonly #loadedElements = new Map<string, string>()
  readonly #changedChains = new Set<string>()
  readonly #changedSets = new Set<string>()
  readonly #changedElements = new Set<string>()
  #fresh = true

  readonly #qualified: string

  constructor(
    readonly name: string,
    family: IpFamily = 'IPv4',
  ) {
    this.#qualified = `${nftWords[family].ip} ${name}`
  }

  set(owner: string, part?: TablePart): void {
    this.#remove(owner)
    if (!part) return
    this.#parts.set(owner, part)
    for (const [name, chain] of entries(part.chains)) {
      this.#chains.set(name, chain)
      this.#changedChains.add(name)
    }
    for (const [name, declaration] of entries(part.sets)) {
      this.#sets.set(name, declaration)
      this.#changedSets.add(name)
    }
    for (const element of part.elements ?? []) {
      const id = idOf(element)
      const claims = this.#claims.get(id) ?? new Map<string, string>()
      this.#claims.set(id, claims.set(owner, element.value ?? ''))
      this.#changedElements.add(id)
    }
  }

  #remove(owner: string): void {
    const part = this.#parts.get(owner)
    if (!part) return
    this.#parts.delete(owner)
    for (const [name] of entries(part.chains)) {
      this.#chains.delete(name)
      this.#changedChains.add(name)
    }
    for (const [name] of entries(part.sets)) {
      this.#sets.delete(name)
      this.#changedSets.add(name)
    }
    for (const element of part.elements ?? []) {
      const id = idOf(element)
      const claims = this.#claims.get(id)
      claims?.delete(owner)
      if (claims?.size === 0) this.#claims.delete(id)
      this.#changedElements.add(id)
    }
  }

  get ruleCount(): number {
    let count = 0
    for (const body of this.#loadedChains.values()) count += body.split('\n').length - 1
    return count
  }

  forget(): void {
    this.#fresh = true
    this.#loadedChains.clear()
    this.#loadedSets.clear()
    this.#loadedElements.clear()
    for (const name of this.#chains.keys()) this.#changedChains.add(name)
    for (const name of this.#sets.keys()) this.#changedSets.add(name)
    for (const id of this.#claims.keys()) this.#changedElements.add(id)
  }

  /** For `nft -f`. */
  transaction(): string {
    const difference = new Difference()
    for (const name of this.#changedSets) this.#changeSet(name, difference)
    for (const name of this.#changedChains) this.#changeChain(name, difference)
    for (const id of this.#changedElements) this.#changeElement(id, difference)
    this.#changedSets.clear()
    this.#changedChains.clear()
    this.#changedElements.clear()
    const text = difference.toText(this.#qualified)
    const begin = text && (this.#fresh ? startOver(this.#qualified) : mustBeThere(this.#qualified))
    if (text) this.#fresh = false
    return `${begin}${text}`
  }

  #changeSet(name: string, difference: Difference): void {
    const declaration = this.#sets.get(name)
    if (declaration === undefined && this.#loadedSets.delete(name)) difference.goneSets.push(name)
    if (declaration === undefined || this.#loadedSets.has(name)) return
    this.#loadedSets.add(name)
    const [word, ...rest] = declaration.split(' ')
    difference.declared.push(`  ${word} ${name} ${rest.join(' ')}`)
  }

  #changeChain(name: string, difference: Difference): void {
    const chain = this.#chains.get(name)
    if (!chain) {
      if (this.#loadedChains.delete(name)) difference.goneChains.push(name)
      return
    }
    const body = chain.rules.map(rule => `    ${rule}\n`).join('')
    const loaded = this.#loadedChains.get(name)
    if (loaded === body) return
    this.#loadedChains.set(name, body)
    if (loaded === undefined) difference.declared.push(`  chain ${name} { ${chain.hook ?? ''} }`)
    else difference.flushed.push(name)
    if (body) difference.bodies.push(`  chain ${name} {\n${body}  }`)
  }

  #changeElement(id: string, difference: Difference): void {
    const claims = this.#claims.get(id)
    const owner = claims && (claims.size === 1 ? [...claims.keys()][0]! : [...claims.keys()].sort()[0]!)
    const value = owner === undefined ? undefined : claims?.get(owner)
    const loaded = this.#loadedElements.get(id)
    if (value === loaded) return
    const [set = '', key = ''] = id.split(separator)
    const text = (of: string) => (of ? `${key} : ${of}` : key)
    if (loaded !== undefined) addTo(difference.lost, set, text(loaded))
    if (value === undefined) this.#loadedElements.delete(id)
    else {
      this.#loadedElements.set(id, value)
      addTo(difference.gained, set, text(value))
    }
  }
}
