/** What one must be allowed for a path of the kubelet: upstream's table. Pure. */

const verbs: Readonly<Record<string, string>> = {
  POST: 'create',
  GET: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
}

const fineGrained: readonly [prefix: string, subresource: string][] = [
  ['/pods', 'pods'],
  ['/healthz', 'healthz'],
  ['/configz', 'configz'],
  ['/runningpods', 'pods'],
]
const coarse: readonly [prefix: string, subresource: string][] = [
  ['/stats', 'stats'],
  ['/metrics', 'metrics'],
  ['/logs', 'log'],
  ['/checkpoint', 'checkpoint'],
  ['/statusz', 'statusz'],
  ['/flagz', 'configz'],
]

const find = (table: typeof coarse, path: string) =>
  table.find(([prefix]) => path === prefix || path.startsWith(`${prefix}/`))?.[1]

export interface NodeAttributes {
  verb: string
  /** Of the node; whoever is allowed one of them is let in. */
  subresources: readonly string[]
}

export function attributesOf(method: string, path: string): NodeAttributes {
  const fine = find(fineGrained, path)
  return { verb: verbs[method] ?? '', subresources: [...(fine ? [fine] : []), find(coarse, path) ?? 'proxy'] }
}
