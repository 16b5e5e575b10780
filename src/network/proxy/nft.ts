/** Hands rulesets to the kernel through the nft program. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Loads rules in one transaction: all or nothing. Rejects with what nft says. */
export type LoadRules = (text: string) => Promise<void>

/** From a file: nft reads its standard input badly when Node starts it. */
export const loadWithNft: LoadRules = async text => {
  const directory = await mkdtemp(join(tmpdir(), 'minik8s-nft-'))
  try {
    const file = join(directory, 'rules.nft')
    await writeFile(file, text, { mode: 0o600 })
    await run('nft', ['-f', file])
  } catch (error) {
    throw new Error((error as { stderr?: string }).stderr?.split('\n')[0] || (error as Error).message)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** Whether this process may change the packet filter with nft. */
export async function nftWorks(): Promise<boolean> {
  try {
    await run('nft', ['list', 'tables'])
    return true
  } catch {
    return false
  }
}

/** Removes a table if it is there. */
export const removeTable = (table: string, load: LoadRules = loadWithNft): Promise<void> =>
  load(`table ip ${table} {}\ndelete table ip ${table}\n`)
