/** The running cluster's note about itself in its data directory, so that `down` and `reset` find it; and the cluster's identity. */
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { nodeProcesses } from '../storage/memory/node-processes.js'

export interface Instance {
  pid: number
  /** Tells the process from a later one with the same pid. */
  identity: string
  server: string
}

const instanceFile = (dataDir: string) => join(dataDir, 'instance.json')

async function readJson<T>(path: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as T
  } catch {
    return undefined
  }
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFile(`${path}.tmp`, `${JSON.stringify(value)}\n`, { mode: 0o600 })
  await rename(`${path}.tmp`, path)
}

/** The process that runs on this data directory now, if any. */
export async function findInstance(dataDir: string): Promise<Instance | undefined> {
  const instance = await readJson<Instance>(instanceFile(dataDir))
  if (!instance?.identity) return undefined
  return (await nodeProcesses.identity(instance.pid)) === instance.identity ? instance : undefined
}

export async function writeInstance(dataDir: string, server: string): Promise<void> {
  await writeJson(instanceFile(dataDir), {
    pid: process.pid,
    identity: await nodeProcesses.identity(process.pid),
    server,
  })
}

export const removeInstance = (dataDir: string): Promise<void> => rm(instanceFile(dataDir), { force: true })

/** Identifies this cluster's containers among those of others on the same Docker daemon; made once for each data directory. */
export async function ensureClusterId(dataDir: string): Promise<string> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const path = join(dataDir, 'cluster.json')
  const known = await readJson<{ id: string }>(path)
  if (known?.id) return known.id
  const id = randomBytes(5).toString('hex')
  await writeJson(path, { id })
  return id
}

/** As ensureClusterId, but only looks. */
export const readClusterId = async (dataDir: string): Promise<string | undefined> =>
  (await readJson<{ id: string }>(join(dataDir, 'cluster.json')))?.id
