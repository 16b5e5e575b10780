/** The name server's sockets: UDP and TCP on one port, answers cut to what the client can take. */
import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { decode, type OptAnswer, type Packet } from 'dns-packet'
import type { Logger } from '../../telemetry/logger.js'
import type { ReplyCache } from './reply-cache.js'
import { encodeReply } from './reply-encoder.js'
import type { Resolver } from './resolver.js'

export interface DnsServer {
  /** Of UDP and TCP. */
  port: number
  stop(): Promise<void>
}

export interface DnsServerOptions {
  address: string
  /** 0: any that is free. */
  port: number
  log: Logger
  /** Of answers over UDP. */
  cache?: { replies: ReplyCache; version(): number }
}

/** What clients without EDNS take, and what no answer over UDP exceeds, so that none is cut into fragments. */
const plainBytes = 512
const mostBytes = 1232
const mostTcpBytes = 65_535
const lengthBytes = 2
const idleMs = 10_000
const response = 0x8000

const optOf = (query: Packet) => query.additionals?.find((one): one is OptAnswer => one.type === 'OPT')

const ednsOf = (query: Packet) => (optOf(query) ? { edns: mostBytes } : {})
const encodeForTcp = (query: Packet, reply: Packet) => encodeReply(reply, { most: mostTcpBytes, ...ednsOf(query) })

function encodeForUdp(query: Packet, reply: Packet): Buffer {
  const most = Math.min(Math.max(optOf(query)?.udpPayloadSize ?? plainBytes, plainBytes), mostBytes)
  return encodeReply(reply, { most, ...ednsOf(query) })
}

/** Undefined for what is no query: there is nobody to answer. */
function readQuery(message: Buffer): Packet | undefined {
  if (message.length < 12 || message.readUInt16BE(2) & response) return undefined
  try {
    return decode(message)
  } catch {
    return { id: message.readUInt16BE(0) }
  }
}

function serveStream(socket: Socket, resolve: Resolver): void {
  let received = Buffer.alloc(0)
  socket.setTimeout(idleMs, () => socket.destroy())
  socket.on('error', () => socket.destroy())
  socket.on('data', async data => {
    received = Buffer.concat([received, data])
    while (received.length >= lengthBytes && received.length >= lengthBytes + received.readUInt16BE(0)) {
      const end = lengthBytes + received.readUInt16BE(0)
      const query = readQuery(received.subarray(lengthBytes, end))
      received = received.subarray(end)
      if (!query) return void socket.destroy()
      const reply = await resolve(query)
      if (socket.destroyed) return
      const message = encodeForTcp(query, reply)
      const length = Buffer.alloc(lengthBytes)
      length.writeUInt16BE(message.length)
      socket.write(Buffer.concat([length, message]))
    }
  })
}

const listenTcp = (server: Server, port: number, address: string) =>
  new Promise<number>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, address, () => resolve((server.address() as AddressInfo).port))
  })

const bindUdp = (socket: UdpSocket, port: number, address: string) =>
  new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.bind(port, address, () => resolve())
  })

/** Rejects when the port is taken. */
export async function startDnsServer(resolve: Resolver, { address, port: wanted, log, cache }: DnsServerOptions) {
  const sockets = new Set<Socket>()
  const tcp = createServer(socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    serveStream(socket, resolve)
  })
  const udp = createSocket('udp4')
  const port = await listenTcp(tcp, wanted, address)
  try {
    await bindUdp(udp, port, address)
  } catch (error) {
    tcp.close()
    throw error
  }
  const failed = (error: Error) => log.warn({ error: error.message }, 'The name server has trouble with its socket')
  tcp.on('error', failed)
  udp.on('error', failed)
  udp.on('message', async (message, { address: client, port: clientPort }: RemoteInfo) => {
    // A client that is gone needs no answer.
    const send = (reply: Buffer) => udp.send(reply, clientPort, client, () => {})
    const kept = cache?.replies.get(message)
    if (kept) return send(kept)
    const version = cache?.version() ?? 0
    const query = readQuery(message)
    if (!query) return
    const reply = await resolve(query)
    const bytes = encodeForUdp(query, reply)
    if (reply.lasting) cache?.replies.set(message, bytes, version)
    send(bytes)
  })
  return {
    port,
    async stop() {
      udp.close()
      for (const socket of sockets) socket.destroy()
      await new Promise(done => tcp.close(done))
    },
  } satisfies DnsServer
}
