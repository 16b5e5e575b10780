/** Listens on a UDP port and passes datagrams on to backends; each client stays with one until it pauses. */
import { createSocket, type Socket } from 'node:dgram'
import type { Clock, Timer } from '../../machinery/clock.js'
import { familyOf } from '../../machinery/ip-family.js'
import type { BackendPicker } from './backend-picker.js'
import type { Backend } from './backends.js'
import type { Forwarder, ListenAt } from './tcp-forwarder.js'

/** After this pause a client may get another backend. */
const idleMs = 60_000

interface Flow {
  socket: Socket
  backend: Backend
  timer: Timer
}

const socketFor = (address: string) => createSocket(familyOf(address) === 'IPv6' ? 'udp6' : 'udp4')

class UdpForwarder implements Forwarder {
  readonly #flows = new Map<string, Flow>()

  constructor(
    private readonly socket: Socket,
    private readonly picker: BackendPicker,
    private readonly clock: Clock,
  ) {
    socket.on('message', (message, { address, port }) => this.#pass(message, address, port))
    socket.on('error', () => {})
  }

  #pass(message: Buffer, address: string, port: number): void {
    const key = `${address}:${port}`
    const known = this.#flows.get(key)
    const backends = this.picker.order(address)
    // A backend that left the service is left.
    const stays = known && backends.some(({ ip, port: own }) => ip === known.backend.ip && own === known.backend.port)
    if (known && !stays) this.#end(key)
    const flow = stays ? known : this.#open(key, { address, port }, backends[0])
    if (!flow) return
    flow.timer.cancel()
    flow.timer = this.clock.after(idleMs, () => this.#end(key))
    flow.socket.send(message, flow.backend.port, flow.backend.ip, () => {})
  }

  #open(key: string, client: ListenAt, backend: Backend | undefined): Flow | undefined {
    if (!backend) return undefined
    this.picker.remember(client.address, backend)
    const socket = socketFor(backend.ip)
    socket.on('message', (message, from) => {
      if (from.address === backend.ip && from.port === backend.port)
        this.socket.send(message, client.port, client.address, () => {})
    })
    socket.on('error', () => this.#end(key))
    const flow: Flow = { socket, backend, timer: { cancel() {} } }
    this.#flows.set(key, flow)
    return flow
  }

  #end(key: string): void {
    const flow = this.#flows.get(key)
    if (!flow) return
    this.#flows.delete(key)
    flow.timer.cancel()
    flow.socket.close()
  }

  async stop(): Promise<void> {
    for (const key of [...this.#flows.keys()]) this.#end(key)
    await new Promise<void>(resolve => this.socket.close(resolve))
  }
}

/** Rejects when the port is taken. */
export function forwardUdp({ address, port }: ListenAt, picker: BackendPicker, clock: Clock): Promise<Forwarder> {
  const socket = socketFor(address)
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.bind(port, address, () => {
      socket.off('error', reject)
      resolve(new UdpForwarder(socket, picker, clock))
    })
  })
}
