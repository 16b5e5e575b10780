/** Resources of extension servers as the aggregated document lists them: read from theirs, or from the older lists. */

interface ResponseKind {
  group: string
  version: string
  kind: string
}

/** As in apidiscovery.k8s.io/v2. */
export interface DiscoveredSubresource {
  subresource: string
  responseKind: ResponseKind
  acceptedTypes?: unknown[]
  verbs: readonly string[] | null
}

/** As in apidiscovery.k8s.io/v2. */
export interface DiscoveredResource {
  resource: string
  responseKind: ResponseKind
  scope: string
  singularResource: string
  verbs: readonly string[] | null
  shortNames?: readonly string[]
  categories?: readonly string[]
  subresources?: DiscoveredSubresource[]
}

/** metav1.APIResource. */
export interface ListedResource {
  name: string
  singularName?: string
  namespaced?: boolean
  group?: string
  version?: string
  kind?: string
  verbs?: readonly string[] | null
  shortNames?: readonly string[]
  categories?: readonly string[]
}

type Given<T> = { [K in keyof T]?: T[K] | null }

const responseKind = ({ group, version, kind }: Given<ResponseKind>): ResponseKind => ({
  group: group ?? '',
  version: version ?? '',
  kind: kind ?? '',
})

const lists = ({ shortNames, categories }: Given<Pick<DiscoveredResource, 'shortNames' | 'categories'>>) => ({
  ...(shortNames?.length && { shortNames }),
  ...(categories?.length && { categories }),
})

const readSubresource = (given: Given<DiscoveredSubresource>): DiscoveredSubresource => ({
  subresource: given.subresource ?? '',
  responseKind: responseKind(given.responseKind ?? {}),
  ...(given.acceptedTypes?.length && { acceptedTypes: given.acceptedTypes }),
  verbs: given.verbs ?? null,
})

/** What is known of a resource and nothing else; old clients expect each to have a kind. */
export const readResource = (given: Given<DiscoveredResource>): DiscoveredResource => ({
  resource: given.resource ?? '',
  responseKind: responseKind(given.responseKind ?? {}),
  scope: given.scope ?? '',
  singularResource: given.singularResource ?? '',
  verbs: given.verbs ?? null,
  ...lists(given),
  ...(given.subresources?.length && { subresources: given.subresources.map(readSubresource) }),
})

const scopeOf = ({ namespaced }: ListedResource) => (namespaced ? 'Namespaced' : 'Cluster')

const parentOf = (listed: ListedResource): DiscoveredResource => ({
  resource: listed.name,
  responseKind: responseKind(listed),
  scope: scopeOf(listed),
  singularResource: listed.singularName ?? '',
  verbs: listed.verbs ?? null,
  ...lists(listed),
})

/** From an APIResourceList. Throws where a subresource has another scope than its resource. */
export function convertResources(listed: readonly ListedResource[]): DiscoveredResource[] {
  const found = new Map<string, DiscoveredResource>()
  for (const item of listed) if (!item.name.includes('/')) found.set(item.name, parentOf(item))
  for (const item of listed) {
    const [name = '', ...rest] = item.name.split('/')
    if (!rest.length) continue
    const parent = found.get(name) ?? parentOf({ name, namespaced: item.namespaced ?? false })
    found.set(name, parent)
    const [subresource, scope] = [rest.join('/'), scopeOf(item)]
    if (parent.scope !== scope)
      throw new Error(
        `Error: Parent ${name} (scope: ${parent.scope}) and subresource ${subresource} (scope: ${scope}) scope do not match`,
      )
    const kind = responseKind(item.kind ? item : {})
    parent.subresources = [
      ...(parent.subresources ?? []),
      { subresource, responseKind: kind, verbs: item.verbs ?? null },
    ]
  }
  return [...found.values()]
}
