/** What the machine as a whole uses, from /proc; elsewhere as far as Node knows. */
import { readFile, statfs } from 'node:fs/promises'
import os from 'node:os'

export interface MachineStats {
  /** Since the machine started. */
  cpuUsageNanoseconds: number
  memoryAvailableBytes: number
  memoryUsageBytes: number
  /** What cannot be given back at once: upstream's measure of pressure. */
  memoryWorkingSetBytes: number
  memoryRssBytes: number
  /** Of the file system that pods write to. */
  fileSystem: FileSystemStats
  /** Processes and threads. */
  pids: { max: number; current: number }
  network: readonly InterfaceStats[]
}

export interface FileSystemStats {
  availableBytes: number
  capacityBytes: number
  usedBytes: number
  inodesFree: number
  inodes: number
  inodesUsed: number
}

export interface InterfaceStats {
  name: string
  rxBytes: number
  rxErrors: number
  txBytes: number
  txErrors: number
}

/** The kernel's ticks are hundredths of a second on every machine that Linux runs on by default. */
const nanosecondsPerTick = 10_000_000
const kib = 1024

/** user, nice, system, irq and softirq; what the machine waits or is robbed of is not used. */
export function cpuOf(stat: string): number | undefined {
  const fields = /^cpu +(.*)$/m.exec(stat)?.[1]?.split(/ +/).map(Number)
  if (!fields) return undefined
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = fields
  return (user + nice + system + irq + softirq) * nanosecondsPerTick
}

const cpuOfNode = () =>
  os.cpus().reduce((sum, { times }) => sum + (times.user + times.nice + times.sys + times.irq) * 1e6, 0)

/** Bytes by name, such as `MemTotal`. */
export const memoryOf = (meminfo: string): ReadonlyMap<string, number> =>
  new Map([...meminfo.matchAll(/^(.+?):\s+(\d+) kB$/gm)].map(([, name, value]) => [name!, Number(value) * kib]))

export function interfacesOf(netDev: string): InterfaceStats[] {
  return [...netDev.matchAll(/^\s*([^\s:|]+):\s*(.*)$/gm)].map(([, name, text]) => {
    const [rxBytes = 0, , rxErrors = 0, , , , , , txBytes = 0, , txErrors = 0] = text!.trim().split(/\s+/).map(Number)
    return { name: name!, rxBytes, rxErrors, txBytes, txErrors }
  })
}

export async function readFileSystem(directory: string): Promise<FileSystemStats> {
  const { blocks, bsize, bavail, bfree, files, ffree } = await statfs(directory)
  return {
    availableBytes: bavail * bsize,
    capacityBytes: blocks * bsize,
    usedBytes: (blocks - bfree) * bsize,
    inodes: files,
    inodesFree: ffree,
    inodesUsed: files - ffree,
  }
}

const read = (path: string) => readFile(path, 'utf8').catch(() => '')

/** `directory`: of the file system that pods write to. */
export async function readMachineStats(directory: string): Promise<MachineStats> {
  const [stat, meminfo, netDev, load, pidMax, fileSystem] = await Promise.all([
    ...['/proc/stat', '/proc/meminfo', '/proc/net/dev', '/proc/loadavg', '/proc/sys/kernel/pid_max'].map(read),
    readFileSystem(directory),
  ] as [Promise<string>, Promise<string>, Promise<string>, Promise<string>, Promise<string>, Promise<FileSystemStats>])
  const memory = memoryOf(meminfo)
  const total = memory.get('MemTotal') ?? os.totalmem()
  const used = total - (memory.get('MemFree') ?? os.freemem())
  const workingSet = Math.max(0, used - (memory.get('Inactive(file)') ?? 0))
  return {
    cpuUsageNanoseconds: cpuOf(stat) ?? cpuOfNode(),
    memoryAvailableBytes: total - workingSet,
    memoryUsageBytes: used,
    memoryWorkingSetBytes: workingSet,
    memoryRssBytes: memory.get('AnonPages') ?? used,
    fileSystem,
    pids: { max: Number(pidMax) || 32_768, current: Number(/\d+\/(\d+)/.exec(load)?.[1] ?? 0) },
    network: interfacesOf(netDev),
  }
}
