import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { closeIpv6Forwarding, openIpv6Forwarding } from './ipv6-forwarding.js'

let root: string
/** Files of the cluster. */
let directory: string
/** Where the kernel shows its settings. */
let proc: string
const setting = (name: string) => join(proc, 'sys/net/ipv6/conf', name)
const settings = async () =>
  Object.fromEntries(
    await Promise.all(
      ['all/forwarding', 'eth0/accept_ra', 'lo/accept_ra'].map(async name => [
        name,
        await readFile(setting(name), 'utf8'),
      ]),
    ),
  )
/** A line of the kernel for each interface. */
const haveAddresses = (addresses: Record<string, string>) =>
  writeFile(
    join(proc, 'net/if_inet6'),
    Object.entries(addresses)
      .map(([name, address]) => `${address} 02 40 00 80 ${name.padStart(8)}\n`)
      .join(''),
  )

const untouched = { 'all/forwarding': '0\n', 'eth0/accept_ra': '1\n', 'lo/accept_ra': '0\n' }
const opened = { 'all/forwarding': '1', 'eth0/accept_ra': '2', 'lo/accept_ra': '0\n' }
const closed = { 'all/forwarding': '0', 'eth0/accept_ra': '1', 'lo/accept_ra': '0\n' }
const linkLocal = 'fe800000000000000000000000000001'
const unique = 'fd000000000000000000000000000001'

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'minik8s-ipv6-'))
  directory = join(root, 'cluster')
  proc = join(root, 'proc')
  for (const folder of [directory, join(proc, 'net'), ...['all', 'eth0', 'lo'].map(setting)])
    await mkdir(folder, { recursive: true })
  for (const [name, value] of Object.entries(untouched)) await writeFile(setting(name), value)
  // What stands for all interfaces is no interface.
  await writeFile(setting('all/accept_ra'), '1\n')
  await haveAddresses({})
})
afterEach(() => rm(root, { recursive: true, force: true }))

describe('forwarding of IPv6', () => {
  test('is opened, and interfaces go on learning their routes', async () => {
    await openIpv6Forwarding(directory, proc)
    expect(await settings()).toEqual(opened)
  })

  test('is closed again, and all is as before', async () => {
    await openIpv6Forwarding(directory, proc)
    await haveAddresses({ lo: unique, eth0: unique, 'br-0123': linkLocal })
    await closeIpv6Forwarding(directory, proc)
    expect(await settings()).toEqual(closed)
    expect(await readFile(setting('all/accept_ra'), 'utf8')).toBe('1\n')
    expect(await readdir(directory)).toEqual([])
  })

  test.each(['br-0123', 'mk8s0123'])('stays open as long as somebody else has %s', async name => {
    await openIpv6Forwarding(directory, proc)
    await haveAddresses({ [name]: unique })
    await closeIpv6Forwarding(directory, proc)
    expect(await settings()).toEqual(opened)
    expect(await readdir(directory)).toEqual([])
  })

  test('that others opened is left alone', async () => {
    await writeFile(setting('all/forwarding'), '1\n')
    await openIpv6Forwarding(directory, proc)
    await closeIpv6Forwarding(directory, proc)
    expect(await settings()).toEqual({ ...untouched, 'all/forwarding': '1\n' })
  })

  test('opened twice, as after a kill, is closed to what was at first', async () => {
    await openIpv6Forwarding(directory, proc)
    await openIpv6Forwarding(directory, proc)
    await closeIpv6Forwarding(directory, proc)
    await closeIpv6Forwarding(directory, proc)
    expect(await settings()).toEqual(closed)
  })
})
