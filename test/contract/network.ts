/** The suite that every network manager must pass. */
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { readIpv6Addresses } from '../../src/kubelet/network/ipv6-addresses.js'
import { type NetworkManager, removeLeftovers } from '../../src/kubelet/network/network-manager.js'
import type { PortMapping } from '../../src/kubelet/runtime/types.js'
import { cidrContains, parseCidr, parseIp } from '../../src/machinery/ip.js'
import { NetworkParts } from '../../src/machinery/network-parts.js'

/** A network namespace, with a process in it. */
export interface Holder {
  id: string
  namespace: string
  /** Addresses that an engine gave it when it started. */
  plugged?: readonly string[]
  /** Runs a script of Node in there; resolves with what it prints. */
  run(script: string): Promise<string>
  end(): Promise<void>
}

/** What a manager brings to the suite. */
export interface NetworkUnderTest {
  network: NetworkManager
  /** As another process would, after this one was killed. */
  reopen(): Promise<NetworkManager>
  newHolder(mappings?: readonly PortMapping[], podCidrs?: readonly string[]): Promise<Holder>
  /** Names of interfaces of this machine that only this cluster has. */
  links(): Promise<readonly string[]>
  close(): Promise<void>
}

const speaksIpv6 = (await readIpv6Addresses()).length > 0
/** Second addresses for pods, a block for each manager of this process; none where this machine does not speak IPv6. */
export function ipv6Block(number: number): { ipv6?: string } {
  const own = [process.pid >>> 16, process.pid & 0xffff, number << 8].map(group => group.toString(16)).join(':')
  return speaksIpv6 ? { ipv6: `fd6d:${own}::/56` } : {}
}

const pod = (name: string) => ({ namespace: 'contract', name, uid: `uid-${name}` })
const port = 8080

/** Answers each caller with the address that it is seen by. */
export const listening = `require('node:net').createServer(s => s.end(s.remoteAddress.replace('::ffff:', ''))).listen(${port})`
const calling = (address: string, to: number) =>
  `require('node:net').connect({ host: '${address}', port: ${to}, timeout: 3000 }).on('timeout', () => process.exit(1)).pipe(process.stdout)`

/** None where nodes have no networks of their own. */
const cidrsOfNode = ({ podNetwork: { nodeRanges = [] } }: NetworkManager, node: number): string[] =>
  nodeRanges.map(({ clusterCidr, nodeMaskSize }) => new NetworkParts(clusterCidr, nodeMaskSize).at(node))

const call = async (address: string, to = port, timeout = 3000): Promise<string> => {
  const socket = connect({ host: address, port: to, timeout })
  socket.once('timeout', () => socket.destroy(new Error(`${address}:${to} does not answer`)))
  return text(socket)
}

/** A port of this machine that nobody has now. */
async function unusedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port: free } = server.address() as { port: number }
  server.close()
  return free
}

/** Declares the suite for one manager. */
export function describeNetwork(name: string, open: () => Promise<NetworkUnderTest>): void {
  describe(`${name} network`, () => {
    let under: NetworkUnderTest
    const holders: Holder[] = []
    let pods = 0

    beforeAll(async () => {
      under = await open()
    })
    afterAll(async () => {
      await Promise.all(holders.map(holder => holder.end()))
      await under?.close()
    }, 60_000)

    const plug = async (mappings: readonly PortMapping[] = [], node = 0) => {
      const podCidrs = cidrsOfNode(under.network, node)
      const holder = await under.newHolder(mappings, podCidrs)
      holders.push(holder)
      const { id, namespace, plugged } = holder
      const addresses = await under.network.add({
        id,
        pod: pod(`pod-${++pods}`),
        namespace,
        portMappings: mappings,
        podCidrs,
        ...(plugged && { plugged }),
      })
      return { holder, id, address: addresses[0]!, addresses }
    }

    test('gives pods addresses of their own, at which this machine and other pods reach them', async () => {
      const [one, other] = [await plug(), await plug()]
      expect(one.address).toMatch(/^\d+\.\d+\.\d+\.\d+$/)
      expect(other.address).not.toBe(one.address)
      await expect(call(one.address)).resolves.toBeTruthy()
      await expect(one.holder.run(calling(other.address, port))).resolves.toBe(one.address)
    })

    test('gives pods of a node addresses of its networks, and a way to those of other nodes', async () => {
      const [one, other, third] = [await plug(), await plug([], 1), await plug([], 2)]
      for (const [node, { addresses }] of [one, other, third].entries())
        for (const [i, cidr] of cidrsOfNode(under.network, node).entries())
          expect(cidrContains(parseCidr(cidr)!, parseIp(addresses[i]!)!)).toBe(true)
      // Neither sees an address of this machine in place of the pod's.
      await expect(one.holder.run(calling(other.address, port))).resolves.toBe(one.address)
      await expect(third.holder.run(calling(other.address, port))).resolves.toBe(third.address)
      const [, own] = other.addresses
      if (own) await expect(one.holder.run(calling(own, port))).resolves.toBe(one.addresses[1])
    })

    const dualStack = speaksIpv6 ? test : test.skip
    dualStack('gives pods IPv6 addresses beside them, with a way to each other and to this machine', async () => {
      const [one, other] = [await plug(), await plug()]
      expect([one.addresses.length, other.addresses.length]).toEqual([2, 2])
      const [second = '', others = ''] = [one.addresses[1], other.addresses[1]]
      expect(second).toMatch(/^fd6d:/)
      await expect(call(second)).resolves.toBeTruthy()
      await expect(one.holder.run(calling(others, port))).resolves.toBe(second)
      const gateway = under.network.podNetwork.ipv6?.gateway ?? ''
      const server = createServer(socket => socket.end('host')).listen(0, gateway)
      await once(server, 'listening')
      await expect(one.holder.run(calling(gateway, (server.address() as { port: number }).port))).resolves.toBe('host')
      server.close()
    })

    test('lets pods reach this machine at the gateway, and themselves on loopback', async () => {
      const { holder } = await plug()
      const server = createServer(socket => socket.end('host')).listen(0, under.network.podNetwork.gateway)
      await once(server, 'listening')
      const { port: served } = server.address() as { port: number }
      await expect(holder.run(calling(under.network.podNetwork.gateway, served))).resolves.toBe('host')
      await expect(holder.run(calling('127.0.0.1', port))).resolves.toBe('127.0.0.1')
      server.close()
    })

    test('says that what it did is as it was, and that nothing is where it did nothing', async () => {
      const { id } = await plug()
      await under.network.check(id)
      await under.network.remove(id)
      await expect(under.network.check(id)).rejects.toMatchObject({ kind: 'not-found' })
      await expect(under.network.check('0'.repeat(64))).rejects.toMatchObject({ kind: 'not-found' })
    })

    test('removes safely twice, and what was never there', async () => {
      const { id, address } = await plug()
      await under.network.remove(id)
      await under.network.remove(id)
      await under.network.remove('0'.repeat(64))
      await expect(call(address, port, 200)).rejects.toThrow()
      expect(await under.network.list()).not.toContain(id)
    })

    test('after a crash goes on with what runs, and clears away what does not', async () => {
      const [stays, goes] = [await plug(), await plug()]
      await goes.holder.end()
      const reopened = await under.reopen()
      const others = (await reopened.list()).filter(id => id !== goes.id)
      await removeLeftovers(reopened, new Set(others))
      expect(await reopened.list()).toContain(stays.id)
      expect(await reopened.list()).not.toContain(goes.id)
      expect(reopened.addressesOf(stays.id) ?? stays.addresses).toEqual(stays.addresses)
      await reopened.check(stays.id)
      await expect(call(stays.address)).resolves.toBeTruthy()
      under.network = reopened
      // The address of one that runs is not given to another.
      expect((await plug()).address).not.toBe(stays.address)
      await reopened.remove(stays.id)
      await expect(call(stays.address, port, 200)).rejects.toThrow()
    })

    test('leads a port of this machine to the pod', async () => {
      const hostPort = await unusedPort()
      const { id, address } = await plug([{ containerPort: port, hostPort, protocol: 'TCP' }])
      // From outside it comes to an address of this machine that is not loopback.
      await expect(call(under.network.podNetwork.gateway, hostPort)).resolves.toBeTruthy()
      expect(address).toBeTruthy()
      await under.network.remove(id)
    })

    test('plugs in many at once', async () => {
      const all = await Promise.all(Array.from({ length: 5 }, () => plug()))
      expect(new Set(all.map(({ address }) => address)).size).toBe(5)
      await Promise.all(all.map(({ id }) => under.network.remove(id)))
    })

    test('leaves nothing behind when it fails', async () => {
      const before = await under.network.list()
      const failed = under.network.add({
        id: 'f'.repeat(64),
        pod: pod('fails'),
        namespace: '/proc/0/ns/net',
        portMappings: [],
        podCidrs: cidrsOfNode(under.network, 0),
      })
      await expect(failed).rejects.toThrow()
      expect(new Set(await under.network.list())).toEqual(new Set(before))
    })

    test('takes all away in the end', async () => {
      await plug()
      expect(await under.links()).not.toEqual([])
      await Promise.all(holders.map(holder => holder.end()))
      await under.network.tearDown()
      expect(await under.links()).toEqual([])
    })
  })
}
