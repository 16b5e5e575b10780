/** `list`, `page`, `table`, `select` and `watch-init`: answers of many objects. */
import { once } from 'node:events'
import type { ClientHttp2Session } from 'node:http2'
import type { Benchmark, Round } from '../bench.js'
import { beginLoad, type Call, connectSession, request } from '../http.js'
import type { BenchServer } from '../servers/server.js'
import { fillMany, many, podsOf } from './objects.js'

const [sizes, longSizes] = [[100, 1_000, 10_000], [50_000]]
const path = podsOf(many)
const limit = 'TLS at 0.8 to 1 GB/s'

/** So many lists that a round takes long enough to be measured. */
const repeated = (size: number, call: Call) => ({
  clients: 2,
  total: Math.max(4, Math.round(20_000 / size)),
  call: () => call,
})

const ofMany = { sizes, longSizes, prepare: fillMany }

export const list: Benchmark = {
  ...{ name: 'list', unit: 'list', goal: 1 / 10, limit, ...ofMany },
  begin: (server, size) => beginLoad(server, repeated(size, { path })),
}

const tableType = 'application/json;as=Table;v=v1;g=meta.k8s.io'

export const table: Benchmark = {
  ...{ name: 'table', unit: 'list', goal: 1 / 5, limit, ...ofMany },
  begin: (server, size) => beginLoad(server, repeated(size, { path, accept: tableType })),
}

const pageSize = 500

/** Follows the continue tokens from one connection. */
async function beginPages(server: BenchServer): Promise<Round> {
  const session = connectSession(server)
  await once(session, 'connect')
  return {
    async run() {
      for (let token = ''; ; ) {
        const query = `limit=${pageSize}${token && `&continue=${encodeURIComponent(token)}`}`
        const { status, body } = await request(session, server.headers, { path: `${path}?${query}` })
        if (status !== 200) throw new Error(`${server.name} answered ${status}`)
        // The token stands in the metadata, before or behind the items.
        token = /"continue":"([^"]+)"/.exec(`${body.subarray(0, 1_000)}${body.subarray(-1_000)}`)?.[1] ?? ''
        if (!token) return 1
      }
    },
    end: () => session.destroy(),
  }
}

export const page: Benchmark = {
  ...{ name: 'page', unit: `list by ${pageSize}`, goal: 1 / 10, limit },
  ...{ sizes: [10_000], longSizes, prepare: fillMany },
  begin: beginPages,
}

/** One label of fifty: 2 % of the pods. */
export const select: Benchmark = {
  ...{ name: 'select', unit: 'list of 2 % by label', goal: 1 / 10, limit: 'the answer’s bytes' },
  ...{ sizes: [1_000, 10_000], longSizes, prepare: fillMany },
  begin: (server, size) => beginLoad(server, repeated(size / 50, { path: `${path}?labelSelector=tier%3Dt7` })),
}

/** No node has them: what is measured is the look-up. */
export const selectNode: Benchmark = {
  ...{ name: 'select-node', unit: 'list by spec.nodeName', goal: 1 / 10, limit: 'HTTP 34 µs' },
  ...{ sizes: [1_000, 10_000], longSizes, prepare: fillMany },
  begin: server =>
    beginLoad(server, {
      clients: 4,
      total: 400,
      call: () => ({ path: `${path}?fieldSelector=spec.nodeName%3Dnode-7` }),
    }),
}

const informers = 100

/** What an informer does: a list, then a watch from there on. */
async function inform(server: BenchServer, session: ClientHttp2Session): Promise<void> {
  const { body } = await request(session, server.headers, { path: `${path}?resourceVersion=0` })
  const version = /"resourceVersion":"(\d+)"/.exec(`${body.subarray(0, 300)}${body.subarray(-300)}`)?.[1]
  const stream = session.request({ ...server.headers, ':path': `${path}?watch=1&resourceVersion=${version}` })
  await once(stream, 'response')
}

/** Ten at a time: the load generator would run out of memory otherwise, not the server. */
export const watchInit: Benchmark = {
  ...{ name: 'watch-init', unit: 'informer', goal: 1 / 8, limit: 'TLS bytes' },
  ...{ sizes: [1_000, 10_000], prepare: fillMany },
  async begin(server) {
    const sessions: ClientHttp2Session[] = []
    return {
      async run() {
        let left = informers
        const work = async () => {
          while (left-- > 0) {
            const session = connectSession(server)
            sessions.push(session)
            await inform(server, session)
          }
        }
        await Promise.all(Array.from({ length: 10 }, work))
        return informers
      },
      end() {
        for (const session of sessions) session.destroy()
      },
    }
  },
}
