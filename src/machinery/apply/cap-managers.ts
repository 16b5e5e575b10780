/** Keeps the number of updating managers within bounds: the oldest become one entry a version, `ancient-changes`. */
import { union } from './field-set.js'
import { idOf, type ManagerIdentity, type Managers } from './managers.js'

/** Upstream's figure; managers that apply do not count. */
const maxUpdateManagers = 10

const compareText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

/** Changes `managers`. */
export function capManagers(managers: Managers): void {
  const updaters = [...managers].filter(([, { operation }]) => operation === 'Update')
  let count = updaters.length
  if (count <= maxUpdateManagers) return
  updaters.sort(([a, left], [b, right]) => compareText(left.time ?? '', right.time ?? '') || compareText(a, b))
  const firstOf = new Map<string, string>()
  for (const [id, entry] of updaters) {
    if (count <= maxUpdateManagers) return
    const { apiVersion, time, set } = entry
    const first = firstOf.get(apiVersion)
    if (first === undefined) {
      firstOf.set(apiVersion, id)
      continue
    }
    const identity: ManagerIdentity = { manager: 'ancient-changes', operation: 'Update', apiVersion, subresource: '' }
    const bucket = idOf(identity)
    const collected = managers.get(bucket) ?? managers.get(first)!
    if (!managers.has(bucket)) managers.delete(first)
    managers.set(bucket, { ...identity, time, set: union(set, collected.set) })
    if (id !== bucket) managers.delete(id)
    count--
  }
}
