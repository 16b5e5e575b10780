/** The resources that controllers of all kinds go by: each once, in the version the server prefers. */
import type { Client } from '../../client/client.js'
import type { ServedResource } from '../../client/in-process.js'
import { PartialDiscovery } from '../../client/partial-discovery.js'

/** Resources that allow all these verbs; of several versions the first, which is the preferred one. */
export function preferredResources(served: readonly ServedResource[], verbs: readonly string[]): ServedResource[] {
  const seen = new Set<string>()
  return served.filter(({ group, names, verbs: allowed }) => {
    const id = `${names.plural}.${group}`
    if (names.plural.includes('/') || seen.has(id) || !verbs.every(v => allowed.includes(v))) return false
    seen.add(id)
    return true
  })
}

/** What is served as far as it is known, and what came in between. Throws where nothing is. */
export async function knownResources(
  client: Client,
): Promise<{ served: readonly ServedResource[]; failure?: PartialDiscovery }> {
  try {
    return { served: await client.resources() }
  } catch (error) {
    if (!(error instanceof PartialDiscovery)) throw error
    return { served: error.served, failure: error }
  }
}
