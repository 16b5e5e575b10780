/** The running cluster's note about itself in its data directory, so that `down` and `reset` find it; and the cluster's identity. */
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface Instance {
  pid: number
  /** Start time of the process in clock ticks after boot (field 22 of /proc/PID/stat): a pid alone may be someone else's by now. */
  startTime?: string
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

async function startTimeOf(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** The process that runs on this data directory now, if any. */
export async function findInstance(dataDir: string): Promise<Instance | undefined> {
  const instance = await readJson<Instance>(instanceFile(dataDir))
  if (!instance || !isAlive(instance.pid)) return undefined
  const startTime = await startTimeOf(instance.pid)
  return startTime === instance.startTime ? instance : undefined
}

export async function writeInstance(dataDir: string, server: string): Promise<void> {
  await writeJson(instanceFile(dataDir), { pid: process.pid, startTime: await startTimeOf(process.pid), server })
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
