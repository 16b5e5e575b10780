/** A namespace for one play. */
import { Caller } from './caller.js'
import type { ServerAddress } from './check.js'

/** Servers that are being killed may not answer the first. */
const mostTries = 50

/** Resolves with the path of its config maps. One that is there already was made by an earlier try, unanswered. */
export async function makeNamespace(servers: readonly ServerAddress[], name: string): Promise<string> {
  const caller = new Caller(servers)
  const body = JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  try {
    for (let tries = 1; ; tries++) {
      const answer = await caller
        .call({ method: 'POST', path: '/api/v1/namespaces', body })
        .catch((error: Error) => error)
      if (answer instanceof Error) {
        if (tries === mostTries) throw answer
        continue
      }
      if (answer.status === 201 || (answer.status === 409 && tries > 1)) return `/api/v1/namespaces/${name}/configmaps`
      throw new Error(`namespace ${name}: ${answer.status}`)
    }
  } finally {
    caller.close()
  }
}
