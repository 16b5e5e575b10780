/** The heap of another Node process after everything that can go has gone: what resident memory hides behind garbage not yet collected. */
import { WebSocket } from 'ws'

/** Asks one command of an inspector and resolves with its result. */
function command<T>(socket: WebSocket, id: number, method: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const take = (data: Buffer) => {
      const message = JSON.parse(data.toString())
      if (message.id !== id) return
      socket.off('message', take)
      if (message.error) reject(new Error(`${method}: ${message.error.message}`))
      else resolve(message.result as T)
    }
    socket.on('message', take)
    socket.send(JSON.stringify({ id, method }))
  })
}

/** Megabytes in use after two collections: the first may only free what the second can take. `port`: the inspector's, on 127.0.0.1. */
export async function collectedHeap(port: number): Promise<number> {
  const [target] = (await (await fetch(`http://127.0.0.1:${port}/json`)).json()) as [{ webSocketDebuggerUrl: string }]
  const socket = new WebSocket(target.webSocketDebuggerUrl)
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  try {
    await command(socket, 1, 'HeapProfiler.collectGarbage')
    await command(socket, 2, 'HeapProfiler.collectGarbage')
    const { usedSize } = await command<{ usedSize: number }>(socket, 3, 'Runtime.getHeapUsage')
    return usedSize / 2 ** 20
  } finally {
    socket.close()
  }
}
