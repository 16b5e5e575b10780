/** `watch`: the events of a burst of writes, delivered to many watchers, each on a connection of its own. */
import type { ClientHttp2Session } from 'node:http2'
import type { Benchmark } from '../bench.js'
import { beginLoad, connectSession } from '../http.js'
import type { BenchServer } from '../servers/server.js'
import { ensureNamespace } from './objects.js'

/** So many that a round takes long enough to be measured, and the first one warms up what is new to a server. */
const writesFor = (watchers: number) => (watchers === 1 ? 2_000 : 400)
const newline = 10

/** Opens a watch; `count` is called with the number of events in each chunk. Resolves when it is established. */
function openWatch(server: BenchServer, path: string, count: (events: number) => void): Promise<ClientHttp2Session> {
  const session = connectSession(server)
  return new Promise((resolve, reject) => {
    const stream = session.request({ ...server.headers, ':path': path })
    stream.on('response', headers =>
      headers[':status'] === 200 ? resolve(session) : reject(new Error(`watch: ${headers[':status']}`)),
    )
    stream.on('error', reject)
    stream.on('data', (chunk: Buffer) => {
      let events = 0
      for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, at + 1)) events++
      count(events)
    })
  })
}

export const watch: Benchmark = {
  name: 'watch',
  unit: 'event',
  sizes: [1, 100, 1_000],
  goal: 1 / 2.5,
  limit: '3 to 8 µs an event',
  prepare: server => ensureNamespace(server, 'watch'),
  async begin(server, size, round) {
    const path = '/api/v1/namespaces/watch/configmaps'
    const writes = writesFor(size)
    const expected = writes * size
    let seen = 0
    let done: () => void
    const all = new Promise<void>(resolve => {
      done = resolve
    })
    const label = `round=r${round}-${size}`
    const watchPath = `${path}?watch=1&labelSelector=${encodeURIComponent(label)}`
    const sessions = await Promise.all(
      Array.from({ length: size }, () =>
        openWatch(server, watchPath, events => {
          seen += events
          if (seen >= expected) done()
        }),
      ),
    )
    const body = (n: number) =>
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: `w-${size}-${round}-${n}`, labels: { round: `r${round}-${size}` } },
        data: { text: 'y'.repeat(1_000) },
      })
    const load = await beginLoad(server, {
      clients: 8,
      total: writes,
      call: n => ({ method: 'POST', path, body: body(n) }),
    })
    return {
      async run() {
        await load.run()
        await all
        return expected
      },
      end() {
        load.end()
        for (const session of sessions) session.destroy()
      },
    }
  },
}
