/** Hands rules to a program by a file: nft reads its standard input badly when Node starts it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ProgramPlace } from './rule-table.js'

/** Runs the program with the arguments and the name of a file that holds the rules. Rejects with the first line of what it says. */
export async function loadFile(
  { run, directory }: ProgramPlace,
  [program, ...args]: readonly [string, ...string[]],
  rules: string,
): Promise<void> {
  const place = await mkdtemp(join(directory, 'minik8s-rules-'))
  try {
    const file = join(place, 'rules')
    await writeFile(file, rules, { mode: 0o600 })
    await run(program, [...args, file])
  } catch (error) {
    throw new Error((error as { stderr?: string }).stderr?.split('\n')[0] || (error as Error).message)
  } finally {
    await rm(place, { recursive: true, force: true })
  }
}
