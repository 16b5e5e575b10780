/** The running cluster's note about itself in its data directory, so that `down` and `reset` find it; and the cluster's identity. */
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { nodeProcesses } from '../storage/memory/node-processes.js'
import { UserError } from './user-error.js'

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

/** The node of another process' cluster that a data directory is for. */
interface JoinedNode {
  cluster: string
  node: string
}

/** Whose things on this machine are: made once for each data directory. */
export interface Owner {
  /** Names what the directory alone has: links, control groups, rules in the packet filter. */
  id: string
  /** Labels containers: where it is a whole cluster, `id`; nodes that have joined share it. */
  cluster: string
  /** Absent: all nodes of the cluster. */
  node?: string
}

const ownerFile = (dataDir: string) => join(dataDir, 'cluster.json')

/** Undefined: nothing was ever started on it. */
export async function readOwner(dataDir: string): Promise<Owner | undefined> {
  const known = await readJson<{ id: string } & Partial<JoinedNode>>(ownerFile(dataDir))
  return known?.id ? { cluster: known.id, ...known } : undefined
}

/** `joined` is for directories of nodes that join. Throws UserError where it is a directory of the other sort. */
export async function ensureOwner(dataDir: string, joined?: JoinedNode): Promise<Owner> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const known = await readOwner(dataDir)
  if (known && known.node === joined?.node && (!joined || known.cluster === joined.cluster)) return known
  if (known && known.node === undefined) throw new UserError(`${dataDir} is the data directory of a cluster`)
  if (known && !joined) throw new UserError(`${dataDir} is the data directory of a node that has joined a cluster`)
  const id = known?.id ?? randomBytes(5).toString('hex')
  await writeJson(ownerFile(dataDir), { id, ...joined })
  return { cluster: id, ...joined, id }
}
