import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { RuntimeError } from '../../runtime/runtime.js'
import { CniNetwork } from './cni-network.js'
import type { RunPlugin } from './plugin.js'

interface Told {
  type: string
  command: string
  namespace: string
  input: Record<string, unknown>
}

const namespace = '/proc/self/ns/net'
const sandbox = {
  id: 'c1',
  pod: { namespace: 'shop', name: 'web', uid: 'u-1' },
  namespace,
  portMappings: [{ containerPort: 80, hostPort: 8080, protocol: 'TCP' as const }],
  bandwidth: { egress: 1_000_000 },
}
const list = {
  cniVersion: '1.0.0',
  name: 'pods',
  plugins: [
    { type: 'bridge', ipam: { subnet: '10.1.0.0/24' } },
    { type: 'portmap', capabilities: { portMappings: true, bandwidth: true } },
  ],
}
const bridged = { ips: [{ address: '10.1.0.5/24' }] }
const mapped = { ...bridged, dns: {} }

let directory: string
let told: Told[]
/** `type COMMAND` of what is to fail. */
let failing: string[]

const run: RunPlugin = async (type, { command, attachment }, input) => {
  told.push({ type, command, namespace: attachment.namespace, input: input as Told['input'] })
  if (failing.includes(`${type} ${command}`)) throw new RuntimeError('other', `${type} does not ${command}`)
  return command === 'ADD' ? JSON.stringify(type === 'bridge' ? bridged : mapped) : ''
}
const host = { openAddresses: async () => ['10.9.9.9'], closeAddresses: async () => {}, setLoopbackUp: async () => {} }
const open = () => CniNetwork.open({ directory, configurations: directory, run, host })
const configure = (document: object) => writeFile(join(directory, '10.conflist'), JSON.stringify(document))
const calls = () => told.map(({ type, command }) => `${type} ${command}`)

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cni-'))
  told = []
  failing = []
  await configure(list)
})
afterEach(() => rm(directory, { recursive: true }))

describe('CniNetwork', () => {
  test('hands on results from plugin to plugin, and capabilities to who has them', async () => {
    const network = await open()
    expect(await network.add(sandbox)).toEqual(['10.1.0.5'])
    expect(told.map(({ input }) => input)).toEqual([
      { type: 'bridge', ipam: { subnet: '10.1.0.0/24' }, name: 'pods', cniVersion: '1.0.0' },
      {
        type: 'portmap',
        name: 'pods',
        cniVersion: '1.0.0',
        runtimeConfig: {
          portMappings: [{ hostPort: 8080, containerPort: 80, protocol: 'tcp' }],
          bandwidth: { egressRate: 1_000_000, egressBurst: 2_147_483_647 },
        },
        prevResult: bridged,
      },
    ])
    expect(network.podNetwork).toEqual({ bridges: [], subnet: '10.1.0.0/24', gateway: '10.9.9.9' })
  })

  test('deletes in reverse with the result, by the configuration that added, though another process did', async () => {
    await (await open()).add(sandbox)
    await configure({ ...list, plugins: [{ type: 'other' }] })
    const reopened = await open()
    expect(reopened.addressesOf('c1')).toEqual(['10.1.0.5'])
    told = []
    await reopened.remove('c1')
    await reopened.remove('c1')
    expect(calls()).toEqual(['portmap DEL', 'bridge DEL'])
    expect(told.map(({ input }) => input.prevResult)).toEqual([mapped, mapped])
  })

  test('checks with the result where version and configuration allow it', async () => {
    const network = await open()
    await network.add(sandbox)
    told = []
    await network.check('c1')
    expect(calls()).toEqual(['bridge CHECK', 'portmap CHECK'])
    expect(told[0]!.input.prevResult).toEqual(mapped)
    failing = ['portmap CHECK']
    await expect(network.check('c1')).rejects.toThrow('portmap does not CHECK')
    for (const other of [{ cniVersion: '0.3.1' }, { disableCheck: true }]) {
      await network.remove('c1')
      await configure({ ...list, ...other })
      await network.add(sandbox)
      await network.check('c1')
    }
  })

  test('tells plugins of before 0.4.0 no result when it deletes', async () => {
    await configure({ ...list, cniVersion: '0.3.1' })
    const network = await open()
    await network.add(sandbox)
    told = []
    await network.remove('c1')
    expect(told.map(({ input }) => 'prevResult' in input)).toEqual([false, false])
  })

  test('deletes what a plugin failed to add, and forgets it', async () => {
    failing = ['portmap ADD']
    const network = await open()
    await expect(network.add(sandbox)).rejects.toThrow('portmap does not ADD')
    expect(calls()).toEqual(['bridge ADD', 'portmap ADD', 'portmap DEL', 'bridge DEL'])
    expect(await network.list()).toEqual([])
  })

  test('keeps on record what cannot be deleted, for another try', async () => {
    const network = await open()
    await network.add(sandbox)
    failing = ['bridge DEL']
    await expect(network.remove('c1')).rejects.toThrow('bridge does not DEL')
    expect(await network.list()).toEqual(['c1'])
    failing = []
    await network.remove('c1')
    expect(await network.list()).toEqual([])
  })

  test('has on record what it was about to add when it was killed', async () => {
    const network = await open()
    const adding = network.add({ ...sandbox, id: 'c2' })
    while (told.length === 0) await new Promise(resolve => setImmediate(resolve))
    expect(await (await open()).list()).toEqual(['c2'])
    await adding
  })

  test('removes only once it has added', async () => {
    const network = await open()
    const adding = network.add(sandbox)
    await Promise.all([network.remove('c1'), network.remove('c1')])
    expect(calls()).toEqual(['bridge ADD', 'portmap ADD', 'portmap DEL', 'bridge DEL'])
    await adding
    expect(await network.list()).toEqual([])
  })

  test('names no namespace that is gone, or has become that of another process', async () => {
    const network = await open()
    await network.add(sandbox)
    const file = join(directory, 'plugged', 'c1.json')
    const record = JSON.parse(await readFile(file, 'utf8'))
    await writeFile(file, JSON.stringify({ ...record, inode: '1' }))
    told = []
    await (await open()).remove('c1')
    expect(told.map(one => one.namespace)).toEqual(['', ''])
  })

  test('waits for a configuration to come', async () => {
    await rm(join(directory, '10.conflist'))
    const network = await open()
    expect(network.podNetwork).toEqual({ bridges: [], gateway: '10.9.9.9' })
    await expect(network.add(sandbox)).rejects.toThrow('there is no network configuration')
    await configure(list)
    await expect(network.add(sandbox)).resolves.toEqual(['10.1.0.5'])
  })
})
