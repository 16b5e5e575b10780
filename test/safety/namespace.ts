/** A namespace for one play. */
import { Caller } from './caller.js'
import type { ServerAddress } from './check.js'

/** Resolves with the path of its config maps. */
export async function makeNamespace(servers: readonly ServerAddress[], name: string): Promise<string> {
  const caller = new Caller(servers)
  const body = JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  const { status } = await caller.call({ method: 'POST', path: '/api/v1/namespaces', body })
  caller.close()
  if (status !== 201) throw new Error(`namespace ${name}: ${status}`)
  return `/api/v1/namespaces/${name}/configmaps`
}
