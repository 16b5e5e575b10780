/** The kinds that a policy's rules speak of, as far as they can be told from the rules alone. */
import type { NamedRuleWithOperations } from '../../apis/generated/admissionregistration-v1.js'
import type { ServedResource } from '../../client/in-process.js'

export interface CheckedKind {
  group: string
  version: string
  kind: string
}

/** So many of one rule, then no more of any. */
const maxPerRule = 10

const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
const byKind = (a: CheckedKind, b: CheckedKind) =>
  byText(a.group, b.group) || byText(a.version, b.version) || byText(a.kind, b.kind)

/** Whoever writes a wildcard means more kinds than could be checked. */
const isOpen = (names: readonly string[]) => names.some(name => name.includes('*'))

/** What a rule says, one by one and in order; as upstream, the core group's name stands for all groups. */
function* servedBy(rule: NamedRuleWithOperations, served: readonly ServedResource[]): Generator<ServedResource> {
  const { apiGroups = [], apiVersions = [], resources = [] } = rule
  if (isOpen(apiGroups) || isOpen(apiVersions)) return
  const names = resources.filter(name => !/[*/]/.test(name)).sort(byText)
  for (const group of [...apiGroups].sort(byText))
    for (const version of [...apiVersions].sort(byText))
      for (const name of names.map(n => n.toLowerCase()))
        for (const resource of served)
          if (
            (!group || resource.group === group) &&
            resource.version === version &&
            (resource.names.plural === name || resource.names.singular === name)
          )
            yield resource
}

/** Sorted by group, version and kind. */
export function typesToCheck(
  rules: readonly NamedRuleWithOperations[],
  served: readonly ServedResource[],
): CheckedKind[] {
  const found = new Map<string, CheckedKind>()
  const sorted = () => [...found.values()].sort(byKind)
  for (const rule of rules) {
    let count = 0
    for (const { group, version, kind } of servedBy(rule, served)) {
      found.set(`${group}/${version}/${kind}`, { group, version, kind })
      if (++count === maxPerRule) return sorted()
    }
  }
  return sorted()
}
