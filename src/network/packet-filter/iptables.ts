/** Hands rules to the kernel through the programs of iptables, whether they stand on nftables or on what was before. */
import type { IpFamily } from '../../machinery/ip-family.js'
import { fromScratch } from './iptables-table.js'
import { iptablesWords } from './iptables-words.js'
import { here, type PacketFilter, type ProgramPlace } from './rule-table.js'
import { loadFile } from './rules-file.js'

/** Of a listing of all rules, what takes away chains whose names begin with `p`, and rules that lead to them. */
const removal = [
  String.raw`/^\*/ { table = $0; own = 0; text = "" }`,
  String.raw`/^:/ { name = substr($1, 2); if (index(name, p) == 1) { text = text ":" name " - [0:0]\n"; gone[own++] = name } }`,
  String.raw`/^-A / && index($2, p) != 1 && index($0, " " p) { sub(/^-A/, "-D"); text = text $0 "\n" }`,
  '/^COMMIT/ && text != "" { print table; printf "%s", text; for (i = 0; i < own; i++) print "-X " gone[i]; print }',
].join('; ')

/**
 * A command of the shell, on one line, that takes away all chains whose names begin with the prefix, and what leads to them. It looks for them by
 * itself: whoever made them may be gone.
 */
export function removalScript(prefix: string, family: IpFamily): string {
  const { program } = iptablesWords[family]
  return `${program}-save | awk -v p=${prefix} '${removal}' | ${program}-restore -w --noflush`
}

const isOwn = (prefix: string) => (line: string) => line.startsWith('-A ') && line.includes(` ${prefix}`)
/** Others may have put rules for the pods' bridges before ours: then ours are not asked. */
function isShadowed(lines: readonly string[], prefix: string, bridges: readonly string[]): boolean {
  const forward = lines.filter(line => line.startsWith('-A FORWARD '))
  const jump = forward.findIndex(isOwn(prefix))
  return jump < 0 || forward.slice(0, jump).some(line => line.split(' ').some(word => bridges.includes(word)))
}

export interface IptablesScope {
  /** Of all addresses; each has a program of its own. */
  family: IpFamily
  /** Those of the pods. */
  bridges: readonly string[]
}

/** A table's name is the prefix of its chains. */
export const newIptables = (place: ProgramPlace, { family, bridges }: IptablesScope): PacketFilter => {
  const { run } = place
  const { program } = iptablesWords[family]
  const remove = async (prefix: string) => void (await run('sh', ['-c', removalScript(prefix, family)]))
  return {
    async load(text) {
      const prefix = fromScratch.exec(text)?.[1]
      if (prefix) await remove(prefix)
      await loadFile(place, [`${program}-restore`, '-w', '--noflush'], text)
    },
    async read(prefix, whole) {
      const list = (table: string, chain: string) => run(program, ['-w', '-t', table, '-S', chain])
      const read = whole
        ? [await run(`${program}-save`, [])]
        : [await list('nat', 'PREROUTING'), await list('filter', 'FORWARD')]
      const listings = read.map(({ stdout }) => stdout.split('\n'))
      if (!listings.every(lines => lines.some(isOwn(prefix)))) return undefined
      if (isShadowed(listings.at(-1) ?? [], prefix, bridges)) return undefined
      return whole ? listings.flatMap(lines => lines.filter(isOwn(prefix))).join('\n') : ''
    },
    countRules: text => text.split('\n').length,
    remove,
  }
}

/** Whether packets of the family can be filtered by its program from there. */
export async function iptablesWorks({ run }: ProgramPlace = here, family: IpFamily = 'IPv4'): Promise<boolean> {
  const { program } = iptablesWords[family]
  try {
    await run(`${program}-save`, [])
    await run(`${program}-restore`, ['--version'])
    return true
  } catch {
    return false
  }
}
