/** Which runtime holds the containers of a cluster, kept in its data directory for as long as there may be any. */
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const realRuntimes = ['docker', 'process'] as const
/** Those that run containers. */
export type RealRuntime = (typeof realRuntimes)[number]

const choiceFile = (dataDir: string) => join(dataDir, 'container-runtime')

/** Undefined where no containers were ever run, or all are removed. */
export async function readRuntimeChoice(dataDir: string): Promise<RealRuntime | undefined> {
  const text = await readFile(choiceFile(dataDir), 'utf8').catch(() => '')
  return realRuntimes.find(name => name === text.trim())
}

export const keepRuntimeChoice = (dataDir: string, runtime: RealRuntime): Promise<void> =>
  writeFile(choiceFile(dataDir), `${runtime}\n`, { mode: 0o600 })

export const forgetRuntimeChoice = (dataDir: string): Promise<void> => rm(choiceFile(dataDir), { force: true })
