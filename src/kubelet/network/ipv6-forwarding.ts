/** Lets this machine pass on packets of IPv6, and takes that back when its last cluster with such pods goes. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readIpv6Addresses } from './ipv6-addresses.js'

/** Settings of IPv6, by interface; `all` is one. */
class Ipv6Settings {
  readonly #root: string

  constructor(proc: string) {
    this.#root = join(proc, 'sys/net/ipv6/conf')
  }

  /** Empty where there is no such setting. */
  read(name: string, setting: string): Promise<string> {
    return readFile(join(this.#root, name, setting), 'utf8').then(
      text => text.trim(),
      () => '',
    )
  }

  /** Rejects where this process may not. */
  write(name: string, setting: string, value: string): Promise<void> {
    return writeFile(join(this.#root, name, setting), value)
  }

  /** Interfaces that learn their routes from routers: a machine that forwards is one itself, and forgets them unless told otherwise. */
  async learners(): Promise<string[]> {
    const names = (await readdir(this.#root)).filter(name => name !== 'all')
    const values = await Promise.all(names.map(name => this.read(name, 'accept_ra')))
    return names.filter((_, i) => values[i] === '1')
  }
}

const file = (directory: string) => join(directory, 'ipv6-forwarding')

/** What was before is kept in the directory. Rejects where this process may not. */
export async function openIpv6Forwarding(directory: string, proc = '/proc'): Promise<void> {
  const settings = new Ipv6Settings(proc)
  if ((await settings.read('all', 'forwarding')) === '1') return
  const learning = await settings.learners()
  await writeFile(file(directory), JSON.stringify(learning), { mode: 0o600 })
  for (const name of learning) await settings.write(name, 'accept_ra', '2').catch(() => {})
  await settings.write('all', 'forwarding', '1')
}

/** Other clusters, and Docker's own networks, are on bridges with such names. */
const isBridge = (name: string) => name.startsWith('mk8') || name.startsWith('br-')

async function isNeeded(proc: string): Promise<boolean> {
  const addresses = await readIpv6Addresses(proc)
  return addresses.some(({ name, address }) => isBridge(name) && !address.startsWith('fe80'))
}

/** Safe to repeat, and where nothing was opened. */
export async function closeIpv6Forwarding(directory: string, proc = '/proc'): Promise<void> {
  const kept = await readFile(file(directory), 'utf8').catch(() => '')
  if (!kept) return
  if (!(await isNeeded(proc))) {
    const settings = new Ipv6Settings(proc)
    await settings.write('all', 'forwarding', '0').catch(() => {})
    for (const name of JSON.parse(kept) as string[]) await settings.write(name, 'accept_ra', '1').catch(() => {})
  }
  await rm(file(directory), { force: true })
}
