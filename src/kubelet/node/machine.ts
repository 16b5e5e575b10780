/** What this machine is and has, read from the operating system. */
import { readFile, statfs } from 'node:fs/promises'
import os from 'node:os'

export interface Machine {
  cpus: number
  /** Bytes, as the two below. */
  memory: number
  disk: number
  diskFree: number
  /** Such as `amd64`. */
  architecture: string
  kernelVersion: string
  osImage: string
  machineId: string
  systemUuid: string
  bootId: string
}

const architectures: Record<string, string> = {
  x64: 'amd64',
  ia32: '386',
  arm: 'arm',
  arm64: 'arm64',
  ppc64: 'ppc64le',
}

const firstLine = async (...paths: string[]): Promise<string> => {
  for (const path of paths) {
    const text = await readFile(path, 'utf8').catch(() => '')
    if (text.trim()) return text.trim()
  }
  return ''
}

async function osImage(): Promise<string> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '')
  return /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(release)?.[1] ?? os.type()
}

/** `directory` tells which file system pods write to. */
export async function readMachine(directory: string): Promise<Machine> {
  const [disk, image, machineId, systemUuid, bootId] = await Promise.all([
    statfs(directory),
    osImage(),
    firstLine('/etc/machine-id', '/var/lib/dbus/machine-id'),
    firstLine('/sys/class/dmi/id/product_uuid', '/etc/machine-id'),
    firstLine('/proc/sys/kernel/random/boot_id'),
  ])
  return {
    cpus: os.availableParallelism(),
    memory: os.totalmem(),
    disk: disk.blocks * disk.bsize,
    diskFree: disk.bavail * disk.bsize,
    architecture: architectures[process.arch] ?? process.arch,
    kernelVersion: os.release(),
    osImage: image,
    machineId,
    systemUuid,
    bootId,
  }
}
