/** HTTP/2 in the clear for clients that begin with it without asking, as those of gRPC do: told from HTTP/1.1 by the first bytes. */
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { HttpHandler } from './http-handler.js'

/** What connections of HTTP/2 begin with; no method of HTTP/1.1 does. */
const preface = Buffer.from('PRI')

/** Ends the connection when nothing comes. What comes is left to whoever reads next. */
function firstBytes(socket: Socket, patienceMs: number): Promise<Buffer> {
  return new Promise(resolve => {
    socket.setTimeout(patienceMs, () => socket.destroy())
    socket.on('readable', function look() {
      const chunk = socket.read() as Buffer | null
      if (!chunk) return
      socket.off('readable', look)
      socket.setTimeout(0)
      socket.unshift(chunk)
      resolve(chunk)
    })
  })
}

async function openHttp2({ serve }: HttpHandler) {
  const { createServer } = await import('node:http2')
  return createServer()
    .on('sessionError', () => {})
    .on('request', serve)
}

/** Connections that begin with HTTP/2 are taken from the server; others are its own as before, once they have said something. */
export function takeHttp2(server: Server, handler: HttpHandler, patienceMs: number): void {
  const own = server.listeners('connection') as ((socket: Socket) => void)[]
  server.removeAllListeners('connection')
  let http2: ReturnType<typeof openHttp2> | undefined
  server.on('connection', (socket: Socket) => {
    const ignore = () => {}
    socket.on('error', ignore)
    void firstBytes(socket, patienceMs).then(async first => {
      if (first.subarray(0, preface.length).equals(preface))
        (await (http2 ??= openHttp2(handler))).emit('connection', socket)
      else for (const listener of own) listener.call(server, socket)
      socket.off('error', ignore)
    })
  })
}
