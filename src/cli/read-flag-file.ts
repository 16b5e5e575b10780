/** Reads the file that a flag names. */
import { readFile } from 'node:fs/promises'
import { UsageError } from './flags.js'

/** `name` is the flag's, without dashes. Undefined where no file is named; rejects with a UsageError that says which flag's cannot be read. */
export async function readFlagFile(name: string, path: string | undefined): Promise<string | undefined> {
  if (!path) return undefined
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new UsageError(`cannot read --${name} ${path}: ${(error as Error).message}`)
  }
}
