/** The memory of another Node process after everything that can go has gone: what resident memory hides behind garbage not yet collected. */
import { WebSocket } from 'ws'

/** Asks one command of an inspector and resolves with its result. */
function command<T>(socket: WebSocket, id: number, method: string, params = {}): Promise<T> {
  return new Promise((resolve, reject) => {
    const take = (data: Buffer) => {
      const message = JSON.parse(data.toString())
      if (message.id !== id) return
      socket.off('message', take)
      if (message.error) reject(new Error(`${method}: ${message.error.message}`))
      else resolve(message.result as T)
    }
    socket.on('message', take)
    socket.send(JSON.stringify({ id, method, params }))
  })
}

interface Used {
  heapUsed: number
  /** Buffers, above all: what hangs on objects of the heap and is not in it. */
  external: number
}

/**
 * Megabytes in use, in the heap and outside of it, after two collections: the first may only free what the second can take.
 * `port`: the inspector's, on 127.0.0.1.
 */
export async function collectedMemory(port: number): Promise<number> {
  const [target] = (await (await fetch(`http://127.0.0.1:${port}/json`)).json()) as [{ webSocketDebuggerUrl: string }]
  const socket = new WebSocket(target.webSocketDebuggerUrl)
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  try {
    await command(socket, 1, 'HeapProfiler.collectGarbage')
    await command(socket, 2, 'HeapProfiler.collectGarbage')
    const asked = { expression: 'process.memoryUsage()', returnByValue: true }
    const { result } = await command<{ result: { value: Used } }>(socket, 3, 'Runtime.evaluate', asked)
    return (result.value.heapUsed + result.value.external) / 2 ** 20
  } finally {
    socket.close()
  }
}
