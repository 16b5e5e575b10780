/** Listens on a TCP port and passes connections on to backends: for where the packet filter does not reach. */
import { connect, createServer, type Socket } from 'node:net'
import type { BackendPicker } from './backend-picker.js'
import type { Backend } from './backends.js'

export interface Forwarder {
  stop(): Promise<void>
}

export interface ListenAt {
  address: string
  port: number
}

/** A backend that does not take the connection within this time is passed over. */
const connectMs = 2000
/** How many are tried. */
const maxTries = 3

function tryConnect({ ip, port }: Backend): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: ip, port, allowHalfOpen: true })
    socket.setTimeout(connectMs, () => socket.destroy(new Error(`${ip}:${port} does not answer`)))
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.setTimeout(0)
      socket.off('error', reject)
      resolve(socket)
    })
  })
}

async function serve(client: Socket, picker: BackendPicker): Promise<void> {
  const from = client.remoteAddress ?? ''
  client.on('error', () => client.destroy())
  for (const backend of picker.order(from).slice(0, maxTries)) {
    const socket = await tryConnect(backend).catch(() => undefined)
    if (!socket) continue
    picker.remember(from, backend)
    socket.on('error', () => client.resetAndDestroy())
    // Each end closes its own half; when one is gone, so is the other.
    client.once('close', () => socket.destroy())
    socket.once('close', () => client.destroy())
    client.pipe(socket).pipe(client)
    return
  }
  // As a port that nobody listens on.
  client.resetAndDestroy()
}

/** Rejects when the port is taken. */
export function forwardTcp({ address, port }: ListenAt, picker: BackendPicker): Promise<Forwarder> {
  const clients = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true, noDelay: true }, client => {
    clients.add(client)
    client.once('close', () => clients.delete(client))
    void serve(client, picker)
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, address, () =>
      resolve({
        async stop() {
          const closed = new Promise(done => server.close(done))
          for (const client of clients) client.destroy()
          await closed
        },
      }),
    )
  })
}
