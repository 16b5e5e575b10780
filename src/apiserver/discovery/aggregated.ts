/** apidiscovery.k8s.io: all groups, versions and resources in one document, which clients keep by its ETag. */
import { createHash } from 'node:crypto'
import type { ServedGroup, ServedKind, ServedVersion } from './catalog.js'

/** v2beta1 is what kubectl 1.27 to 1.29 ask for: with it they need two requests instead of one for each group. */
export type DiscoveryVersion = 'v2' | 'v2beta1'

const responseKind = (kind: string, group = '', version = '') => ({ group, version, kind })

const resourceOf = ({ kind, subresources }: ServedKind) => ({
  resource: kind.names.plural,
  responseKind: responseKind(kind.kind),
  scope: kind.scope,
  singularResource: kind.names.singular,
  verbs: kind.custom?.verbs() ?? [...kind.verbs].sort(),
  ...(kind.names.shortNames?.length && { shortNames: kind.names.shortNames }),
  ...(kind.names.categories?.length && { categories: kind.names.categories }),
  ...(subresources.length && {
    subresources: subresources.map(({ name, kind: subKind, group, version, verbs }) => ({
      subresource: name,
      responseKind: responseKind(subKind, group, version),
      verbs,
    })),
  }),
})

const versionOf = ({ version, kinds, remote }: ServedVersion) => ({
  version,
  // Upstream leaves an empty list out.
  ...(remote ? remote.resources.length && { resources: remote.resources } : { resources: kinds.map(resourceOf) }),
  freshness: remote?.freshness ?? 'Current',
})

export interface AggregatedDocument {
  document: object
  /** Its JSON. */
  body: Buffer
  /** Quoted, as it stands in the header. */
  etag: string
}

/** `core`: of `/api`; otherwise of `/apis`. */
export function aggregatedDocument(
  groups: readonly ServedGroup[],
  version: DiscoveryVersion,
  core: boolean,
): AggregatedDocument {
  const items = groups
    .filter(group => (group.name === '') === core)
    .map(({ name, versions }) => ({ metadata: { ...(name && { name }) }, versions: versions.map(versionOf) }))
  const document = {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items,
  }
  const body = Buffer.from(`${JSON.stringify(document)}\n`)
  return { document, body, etag: `"${createHash('sha512').update(body).digest('hex').toUpperCase()}"` }
}
