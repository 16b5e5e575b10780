/** Finds a network for pods that this machine has no other use for. */
import { readFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { freeSubnets } from './subnets.js'

/** CIDRs of so many bits where pods usually are. */
export async function unusedSubnets(prefix?: number): Promise<string[]> {
  const interfaces = Object.values(networkInterfaces()).flatMap(list => list ?? [])
  return freeSubnets(interfaces, await routedNetworks(), prefix)
}

interface SubnetWish {
  /** Bits. */
  prefix?: number
  /** Of those that are free. */
  which?: 'first' | 'last'
}

/** Rejects when there is none. */
export async function unusedSubnet({ prefix, which = 'first' }: SubnetWish = {}): Promise<string> {
  const free = (await unusedSubnets(prefix)).at(which === 'first' ? 0 : -1)
  if (!free) throw new Error('no network is free for pods between 10.244.0.0 and 10.254.255.255')
  return free
}

/** Networks in the kernel's table, which has addresses as hexadecimal words of this machine's order. */
async function routedNetworks(): Promise<{ address: number; mask: number }[]> {
  const text = await readFile('/proc/net/route', 'utf8').catch(() => '')
  const swapped = (hex: string) => Buffer.from(hex, 'hex').readUInt32LE()
  return text
    .split('\n')
    .slice(1)
    .map(line => line.split('\t'))
    .flatMap(fields => (fields.length > 7 ? [{ address: swapped(fields[1]!), mask: swapped(fields[7]!) }] : []))
}
