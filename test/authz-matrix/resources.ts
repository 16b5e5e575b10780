/** Every resource and subresource that a server tells of, in its preferred form. */
import type { Resource } from './questions.js'
import type { Send } from './send.js'

interface ResourceList {
  resources: { name: string; namespaced: boolean; verbs: string[] }[]
}
interface GroupList {
  groups: { name: string; preferredVersion: { groupVersion: string } }[]
}

/** Verbs that are asked of everything, whether it has them or not. */
const always = ['get', 'create', 'update']

export async function discover(send: Send): Promise<Resource[]> {
  const { groups } = (await send({ method: 'GET', path: '/apis' })).body as GroupList
  const versions = [
    { group: '', path: '/api/v1' },
    ...groups.map(({ name, preferredVersion }) => ({ group: name, path: `/apis/${preferredVersion.groupVersion}` })),
  ]
  const found: Resource[] = []
  for (const { group, path } of versions) {
    const { resources } = (await send({ method: 'GET', path })).body as ResourceList
    for (const { name, namespaced, verbs } of resources) {
      const [resource = '', subresource = ''] = name.split('/')
      found.push({ group, resource, subresource, namespaced, verbs: [...new Set([...verbs, ...always])].sort() })
    }
  }
  return found.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
}
