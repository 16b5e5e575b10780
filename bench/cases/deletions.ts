/** `delete-collection`: all config maps of a namespace in one request. */
import { once } from 'node:events'
import type { Benchmark } from '../bench.js'
import { connectSession, request, runLoad } from '../http.js'
import { ensureNamespace } from './objects.js'

const path = '/api/v1/namespaces/doomed/configmaps'
const configMap = (name: string) =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { text: 'z'.repeat(1_000) } })

export const deleteCollection: Benchmark = {
  ...{ name: 'delete-collection', unit: 'object', goal: 1 / 10, limit: 'one log write each' },
  ...{ sizes: [1_000, 10_000] },
  prepare: server => ensureNamespace(server, 'doomed'),
  async begin(server, size, round) {
    const call = (n: number) => ({ method: 'POST', path, body: configMap(`c-${round}-${n}`) })
    await runLoad(server, { clients: 16, total: size, call })
    const session = connectSession(server)
    await once(session, 'connect')
    return {
      async run() {
        const { status, body } = await request(session, server.headers, { method: 'DELETE', path })
        if (status !== 200) throw new Error(`${server.name} answered ${status}: ${body.subarray(0, 300)}`)
        return size
      },
      end: () => session.destroy(),
    }
  },
}
