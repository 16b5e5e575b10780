/** Reads what a server serves from its aggregated discovery documents. */
import type { ServedResource } from './in-process.js'

/** Content type of apidiscovery.k8s.io/v2. */
export const aggregatedDiscovery = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'

interface DiscoveredResource {
  resource: string
  responseKind?: { group?: string; version?: string; kind: string }
  scope: 'Namespaced' | 'Cluster'
  singularResource?: string
  verbs: readonly string[]
  shortNames?: readonly string[]
  categories?: readonly string[]
}

/** apidiscovery.k8s.io/v2 APIGroupDiscoveryList, as far as it is read here. */
export interface DiscoveryList {
  items: {
    metadata?: { name?: string }
    versions?: { version: string; resources?: DiscoveredResource[]; freshness?: string }[]
  }[]
}

/** Every resource of every version, in the server's order of preference; subresources are left out. */
export function servedResources(list: DiscoveryList): ServedResource[] {
  return list.items.flatMap(({ metadata, versions = [] }) =>
    versions.flatMap(({ version, resources = [] }) =>
      resources.map(r => ({
        group: metadata?.name ?? '',
        version,
        kind: r.responseKind?.kind ?? '',
        scope: r.scope,
        names: {
          plural: r.resource,
          singular: r.singularResource ?? '',
          ...(r.shortNames && { shortNames: r.shortNames }),
          ...(r.categories && { categories: r.categories }),
        },
        verbs: r.verbs,
      })),
    ),
  )
}

/** What extension servers serve that did not answer. */
export const staleVersions = ({ items }: DiscoveryList) =>
  items.flatMap(({ metadata, versions = [] }) =>
    versions
      .filter(({ freshness }) => freshness === 'Stale')
      .map(({ version }) => ({ group: metadata?.name ?? '', version })),
  )
