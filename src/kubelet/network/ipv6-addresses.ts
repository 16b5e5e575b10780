/** The addresses of IPv6 that this machine has, as the kernel lists them. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface Ipv6Address {
  /** 32 hexadecimal digits. */
  address: string
  /** Of the interface. */
  name: string
}

/** None where the machine does not speak IPv6. */
export async function readIpv6Addresses(proc = '/proc'): Promise<Ipv6Address[]> {
  const text = await readFile(join(proc, 'net/if_inet6'), 'utf8').catch(() => '')
  return text.split('\n').flatMap(line => {
    const [address, , , , , name] = line.trim().split(/\s+/)
    return address && name ? { address, name } : []
  })
}
