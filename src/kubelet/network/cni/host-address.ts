/** What pods need of this machine where CNI plugins plug them in: among it addresses for them alone, on a bridge that nothing is plugged into. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeBridge, removeLinks, setLoopbackUp } from '../bridge/links.js'
import { Ipv6Block } from '../ipv6-block.js'
import { unusedSubnet } from '../unused-subnet.js'

interface AddressPlace {
  cluster: string
  directory: string
  /** CIDR of the second address, where there is to be one. */
  ipv6?: string
}

const linkName = (cluster: string) => `mk8s-${cluster}`.slice(0, 15)
const file = (directory: string) => join(directory, 'host-address')

/** What CNI leaves to a runtime, and needs of the machine. */
export interface CniHost {
  /** Makes them, unless they are there. The first, of IPv4, stays the same: certificates and pods know it. */
  openAddresses(): Promise<readonly string[]>
  /** Safe to repeat. */
  closeAddresses(): Promise<void>
  setLoopbackUp(namespace: string): Promise<void>
}

async function openAddresses({ cluster, directory, ipv6 }: AddressPlace): Promise<string[]> {
  await mkdir(directory, { recursive: true })
  const kept = await readFile(file(directory), 'utf8').catch(() => '')
  // The last of blocks: networks of pods are looked for from the first.
  const address = kept || (await unusedSubnet({ which: 'last' })).replace(/\.0\/\d+$/, '.1')
  if (!kept) await writeFile(file(directory), address)
  const second = ipv6 && new Ipv6Block(ipv6).part(0).gateway
  const addresses = [{ address, prefix: 32 }, ...(second ? [{ address: second, prefix: 128 }] : [])]
  await makeBridge(directory, { name: linkName(cluster), addresses })
  return addresses.map(one => one.address)
}

async function closeAddresses({ cluster, directory }: AddressPlace): Promise<void> {
  await removeLinks(directory, [linkName(cluster)])
  await rm(file(directory), { force: true })
}

export const newCniHost = (place: AddressPlace): CniHost => ({
  openAddresses: () => openAddresses(place),
  closeAddresses: () => closeAddresses(place),
  setLoopbackUp: namespace => setLoopbackUp(place.directory, namespace),
})
