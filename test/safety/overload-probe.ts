/** A thread that asks `/livez` again and again: what the flood costs its own client must not count as the server's time. */
import { parentPort, workerData } from 'node:worker_threads'
import { Caller } from './caller.js'
import type { ServerAddress } from './check.js'

const pause = 20
let isOver = false
parentPort!.once('message', () => {
  isOver = true
})

/** Resolves with how long each answer took, milliseconds, the shortest first; Infinity for one that is not 200. */
async function probe(server: ServerAddress): Promise<number[]> {
  const caller = new Caller([server])
  const times: number[] = []
  while (!isOver) {
    const began = performance.now()
    const { status } = await caller.call({ path: '/livez' })
    times.push(status === 200 ? performance.now() - began : Number.POSITIVE_INFINITY)
    await new Promise(resolve => setTimeout(resolve, pause))
  }
  caller.close()
  return times.sort((a, b) => a - b)
}

parentPort!.postMessage(await probe(workerData))
