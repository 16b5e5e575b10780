/** What pods need of this machine where CNI plugins plug them in: among it an address for them alone, on a bridge that nothing is plugged into. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeBridge, removeLinks, setLoopbackUp } from '../bridge/links.js'
import { unusedSubnet } from '../unused-subnet.js'

interface AddressPlace {
  cluster: string
  directory: string
}

const linkName = (cluster: string) => `mk8s-${cluster}`.slice(0, 15)
const file = (directory: string) => join(directory, 'host-address')

/** What CNI leaves to a runtime, and needs of the machine. */
export interface CniHost {
  /** Makes it, unless it is there. It stays the same: certificates and pods know it. */
  openAddress(): Promise<string>
  /** Safe to repeat. */
  closeAddress(): Promise<void>
  setLoopbackUp(namespace: string): Promise<void>
}

async function openAddress({ cluster, directory }: AddressPlace): Promise<string> {
  await mkdir(directory, { recursive: true })
  const kept = await readFile(file(directory), 'utf8').catch(() => '')
  // The last of blocks: networks of pods are looked for from the first.
  const address = kept || (await unusedSubnet('last')).replace(/\.0\/\d+$/, '.1')
  if (!kept) await writeFile(file(directory), address)
  await makeBridge(directory, { name: linkName(cluster), address, prefix: 32 })
  return address
}

async function closeAddress({ cluster, directory }: AddressPlace): Promise<void> {
  await removeLinks(directory, [linkName(cluster)])
  await rm(file(directory), { force: true })
}

export const newCniHost = (place: AddressPlace): CniHost => ({
  openAddress: () => openAddress(place),
  closeAddress: () => closeAddress(place),
  setLoopbackUp: namespace => setLoopbackUp(place.directory, namespace),
})
