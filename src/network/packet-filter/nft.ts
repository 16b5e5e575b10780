/** Hands rulesets to the kernel through the nft program. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RunProgram, runHere } from '../run-program.js'

/** What the table keeper asks of the kernel. */
export interface PacketFilter {
  /** Loads rules in one transaction: all or nothing. Rejects with what nft says. */
  load(text: string): Promise<void>
  /**
   * What there is of a table, for comparing: the same text as long as nobody changes its chains. With `whole` false only whether it is there.
   * Undefined when it is not.
   */
  read(table: string, whole: boolean): Promise<string | undefined>
}

/** Who runs programs, and where files for them can be put. */
export interface ProgramPlace {
  run: RunProgram
  directory: string
}

/** As this process, on this machine. */
export const here: ProgramPlace = { run: runHere, directory: tmpdir() }

export const newNft = ({ run, directory }: ProgramPlace): PacketFilter => ({
  /** From a file: nft reads its standard input badly when Node starts it. */
  async load(text) {
    const place = await mkdtemp(join(directory, 'minik8s-nft-'))
    try {
      const file = join(place, 'rules.nft')
      await writeFile(file, text, { mode: 0o600 })
      await run('nft', ['-f', file])
    } catch (error) {
      throw new Error((error as { stderr?: string }).stderr?.split('\n')[0] || (error as Error).message)
    } finally {
      await rm(place, { recursive: true, force: true })
    }
  },
  async read(table, whole) {
    if (!whole) {
      const { stdout } = await run('nft', ['list', 'tables', 'ip'])
      return stdout.split('\n').includes(`table ip ${table}`) ? '' : undefined
    }
    // Terse and stateless: without elements and counters, which change by themselves.
    return run('nft', ['-t', '-s', 'list', 'table', 'ip', table]).then(
      ({ stdout }) => stdout,
      (error: { stderr?: string }) => {
        if (error.stderr?.includes('No such file')) return undefined
        throw error
      },
    )
  },
})

/** Whether the packet filter can be changed with nft from there. */
export async function nftWorks({ run }: ProgramPlace = here): Promise<boolean> {
  try {
    await run('nft', ['list', 'tables'])
    return true
  } catch {
    return false
  }
}

/** Removes a table if it is there. */
export const removeTable = (table: string, filter: PacketFilter = newNft(here)): Promise<void> =>
  filter.load(`table ip ${table} {}\ndelete table ip ${table}\n`)
