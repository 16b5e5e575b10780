/** Hands rulesets to the kernel through the nft program. */
import type { IpFamily } from '../../machinery/ip-family.js'
import { nftWords } from './nft-words.js'
import { here, type PacketFilter, type ProgramPlace } from './rule-table.js'
import { loadFile } from './rules-file.js'

export const newNft = (place: ProgramPlace, family: IpFamily = 'IPv4'): PacketFilter => {
  const { ip } = nftWords[family]
  const { run } = place
  const load = (text: string) => loadFile(place, ['nft', '-f'], text)
  return {
    load,
    async read(table, whole) {
      if (!whole) {
        const { stdout } = await run('nft', ['list', 'tables', ip])
        return stdout.split('\n').includes(`table ${ip} ${table}`) ? '' : undefined
      }
      // Terse and stateless: without elements and counters, which change by themselves.
      return run('nft', ['-t', '-s', 'list', 'table', ip, table]).then(
        ({ stdout }) => stdout,
        (error: { stderr?: string }) => {
          if (error.stderr?.includes('No such file')) return undefined
          throw error
        },
      )
    },
    countRules,
    remove: table => load(`table ${ip} ${table} {}\ndelete table ${ip} ${table}\n`),
  }
}

/** Of a table as nft lists it: a line each, between those that say what the chain is; what goes on in further lines is indented more. */
export const countRules = (listing: string): number =>
  [...listing.matchAll(/^\tchain [^{]*\{\n(?:\t\t.*\n)*/gm)].reduce(
    (sum, [chain]) => sum + [...chain.matchAll(/^\t\t(?!\s|type \w+ hook )/gm)].length,
    0,
  )

/** Whether the packet filter can be changed with nft from there. */
export async function nftWorks({ run }: ProgramPlace = here): Promise<boolean> {
  try {
    await run('nft', ['list', 'tables'])
    return true
  } catch {
    return false
  }
}
