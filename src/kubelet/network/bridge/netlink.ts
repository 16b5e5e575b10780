/** Messages that set up network interfaces, as bytes for a netlink socket. From the kernel's rtnetlink headers. Pure. */
import { parseIp } from '../../../machinery/ip.js'

const types = { newLink: 16, delLink: 17, newAddress: 20, newRoute: 24 } as const
const flags = { request: 1, acknowledge: 4, create: 0x400, exclusive: 0x200 } as const
const linkAttributes = { address: 1, name: 3, master: 10, info: 18, networkOfPid: 19 } as const
const infoAttributes = { kind: 1, data: 2 } as const
const vethPeer = 1
const families = { 4: 2, 6: 10 } as const // AF_INET, AF_INET6
/** Used at once: nobody else has the address, so neighbours need not be asked. */
const noDuplicateDetection = 2
const interfaceUp = 1

const align = (size: number) => (size + 3) & ~3

function attribute(type: number, payload: Buffer): Buffer {
  const bytes = Buffer.alloc(align(4 + payload.length))
  bytes.writeUInt16LE(4 + payload.length, 0)
  bytes.writeUInt16LE(type, 2)
  payload.copy(bytes, 4)
  return bytes
}

const text = (type: number, value: string) => attribute(type, Buffer.from(`${value}\0`))

function word(type: number, value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return attribute(type, bytes)
}

/** Throws where it is none. */
function parseAddress(address: string): { family: number; bytes: Buffer } {
  const ip = parseIp(address)
  if (!ip) throw new Error(`${address} is no address`)
  return { family: families[ip.family], bytes: Buffer.from(ip.bytes) }
}

function message(type: number, extra: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  const header = Buffer.alloc(16)
  header.writeUInt32LE(16 + body.length, 0)
  header.writeUInt16LE(type, 4)
  header.writeUInt16LE(flags.request | flags.acknowledge | extra, 6)
  return Buffer.concat([header, body])
}

function linkHeader({ index = 0, up = false }: { index?: number; up?: boolean }): Buffer {
  const bytes = Buffer.alloc(16)
  bytes.writeInt32LE(index, 4)
  bytes.writeUInt32LE(up ? interfaceUp : 0, 8)
  bytes.writeUInt32LE(up ? interfaceUp : 0, 12)
  return bytes
}

/** A bridge, up. */
export const newBridge = (name: string): Buffer =>
  message(
    types.newLink,
    flags.create | flags.exclusive,
    linkHeader({ up: true }),
    text(linkAttributes.name, name),
    attribute(linkAttributes.info, text(infoAttributes.kind, 'bridge')),
  )

export interface VethOptions {
  /** Its index where it is made, which must be free there. */
  name: string
  index: number
  hardwareAddress: Buffer
  /** In the network namespace of that process. */
  peer: { name: string; pid: number }
}

/** A pair of interfaces: what enters the one leaves the other. */
export function newVeth({ name, index, hardwareAddress, peer }: VethOptions): Buffer {
  const other = Buffer.concat([
    linkHeader({}),
    text(linkAttributes.name, peer.name),
    word(linkAttributes.networkOfPid, peer.pid),
  ])
  const info = Buffer.concat([
    text(infoAttributes.kind, 'veth'),
    attribute(infoAttributes.data, attribute(vethPeer, other)),
  ])
  return message(
    types.newLink,
    flags.create | flags.exclusive,
    linkHeader({ index }),
    text(linkAttributes.name, name),
    attribute(linkAttributes.address, hardwareAddress),
    attribute(linkAttributes.info, info),
  )
}

/** Makes it a port of the bridge of that index, and sets it up. */
export const plugIn = (name: string, bridgeIndex: number): Buffer =>
  message(
    types.newLink,
    0,
    linkHeader({ up: true }),
    text(linkAttributes.name, name),
    word(linkAttributes.master, bridgeIndex),
  )

export const setUp = (index: number): Buffer => message(types.newLink, 0, linkHeader({ index, up: true }))

export const deleteLink = (name: string): Buffer =>
  message(types.delLink, 0, linkHeader({}), text(linkAttributes.name, name))

/** `prefix`: bits of the network. */
export function addAddress(index: number, address: string, prefix: number): Buffer {
  const { family, bytes } = parseAddress(address)
  const header = Buffer.alloc(8)
  header.writeUInt8(family, 0)
  header.writeUInt8(prefix, 1)
  header.writeUInt8(family === families[6] ? noDuplicateDetection : 0, 2)
  header.writeUInt32LE(index, 4)
  return message(types.newAddress, flags.create | flags.exclusive, header, attribute(1, bytes), attribute(2, bytes))
}

/** Everything that has no better way goes there. */
export function addDefaultRoute(gateway: string): Buffer {
  const { family, bytes } = parseAddress(gateway)
  const header = Buffer.alloc(12)
  header.writeUInt8(family, 0)
  header.writeUInt8(254, 4) // the main table
  header.writeUInt8(3, 5) // by boot scripts
  header.writeUInt8(0, 6) // everywhere
  header.writeUInt8(1, 7) // unicast
  return message(types.newRoute, flags.create | flags.exclusive, header, attribute(5, bytes))
}

/** Error number of an acknowledgement, positive; 0 when all is well. */
export function acknowledgedError(answer: Buffer): number {
  const errorMessage = 2
  if (answer.length < 20 || answer.readUInt16LE(4) !== errorMessage) return 0
  return -answer.readInt32LE(16)
}
