/** Lets this machine pass on packets of IPv6, and takes that back when its last cluster with such pods goes. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const settings = '/proc/sys/net/ipv6/conf'
const file = (directory: string) => join(directory, 'ipv6-forwarding')
const read = (name: string, setting: string) =>
  readFile(join(settings, name, setting), 'utf8').then(
    text => text.trim(),
    () => '',
  )
const write = (name: string, setting: string, value: string) => writeFile(join(settings, name, setting), value)

/** Interfaces that learn their routes from routers: a machine that forwards is one itself, and forgets them unless told otherwise. */
async function learners(): Promise<string[]> {
  const names = (await readdir(settings)).filter(name => name !== 'all')
  const values = await Promise.all(names.map(name => read(name, 'accept_ra')))
  return names.filter((_, i) => values[i] === '1')
}

/** What was before is kept in the directory. Rejects where this process may not. */
export async function openIpv6Forwarding(directory: string): Promise<void> {
  if ((await read('all', 'forwarding')) === '1') return
  const learning = await learners()
  await writeFile(file(directory), JSON.stringify(learning), { mode: 0o600 })
  for (const name of learning) await write(name, 'accept_ra', '2').catch(() => {})
  await write('all', 'forwarding', '1')
}

/** Other clusters, and Docker's own networks, are on bridges with such names. */
const isBridge = (name: string) => name.startsWith('mk8') || name.startsWith('br-')

async function isNeeded(): Promise<boolean> {
  const lines = (await readFile('/proc/net/if_inet6', 'utf8').catch(() => '')).trim().split('\n')
  return lines.some(line => {
    const [address = '', , , , , name = ''] = line.split(/\s+/)
    return isBridge(name) && !address.startsWith('fe80')
  })
}

/** Safe to repeat, and where nothing was opened. */
export async function closeIpv6Forwarding(directory: string): Promise<void> {
  const kept = await readFile(file(directory), 'utf8').catch(() => '')
  if (!kept) return
  if (!(await isNeeded())) {
    await write('all', 'forwarding', '0').catch(() => {})
    for (const name of JSON.parse(kept) as string[]) await write(name, 'accept_ra', '1').catch(() => {})
  }
  await rm(file(directory), { force: true })
}
