/** Canonical names of the client library's models: `V1Container` is `io.k8s.api.core.v1.Container`, in short `core.v1.Container`. */
import type { Model } from './client-models.js'
import type { ClientOperation } from './client-operations.js'

export interface GroupVersion {
  /** `''` for core. */
  group: string
  version: string
}

export interface TypeName extends GroupVersion {
  /** As OpenAPI has it. */
  full: string
  kind: string
}

/** What the library's names do not tell. */
export interface NamingFacts {
  /** Group of models that several groups use, or that no path of their own group leads to. */
  home: Record<string, string>
  /** Kinds of meta/v1. */
  meta: string[]
  /** Package by group, where it is not `io.k8s.api.<first label>`. */
  package: Record<string, string>
}

export const metaPackage = 'io.k8s.apimachinery.pkg.apis.meta.v1.'

/** `apps` of `apps`, `rbac` of `rbac.authorization.k8s.io`, `core` of the legacy group. */
export const firstLabel = (group: string) => group.split('.')[0] || 'core'

/** `io.k8s.api.apps.v1.Deployment` → `apps.v1.Deployment`; every package ends with its group's label and version. */
export const shortName = (full: string) => full.split('.').slice(-3).join('.')

export function groupVersionOfPath(path: string): GroupVersion | undefined {
  const named = /^\/apis\/([^/]+)\/(v\d[^/]*)\//.exec(path)
  if (named) return { group: named[1]!, version: named[2]! }
  const core = /^\/api\/(v1)\//.exec(path)
  return core ? { group: '', version: core[1]! } : undefined
}

/** Names of the models that a library type mentions. */
const modelsIn = (type: string) =>
  [...type.matchAll(/\b(V\d\w*|[A-Z][a-z]+V\d\w+|VersionInfo)\b/g)].map(found => found[1]!)

/** `CoreV1Event` → prefix `Core`, version `v1`, kind `Event`. */
function splitModelName(name: string) {
  const match = /^([A-Z][a-z]+)?V(\d+(?:alpha\d+|beta\d+)?)([A-Z]\w*)$/.exec(name)
  return match
    ? { prefix: match[1] ?? '', version: `v${match[2]}`, kind: match[3]! }
    : { prefix: '', version: '', kind: name }
}

/** Models named in the operations of each group. */
function rootsOf(operations: readonly ClientOperation[]): Map<string, Set<string>> {
  const roots = new Map<string, Set<string>>()
  for (const operation of operations) {
    const groupVersion = groupVersionOfPath(operation.path)
    if (!groupVersion) continue
    const models = roots.get(groupVersion.group) ?? new Set()
    roots.set(groupVersion.group, models)
    for (const type of [operation.body?.type ?? '', ...Object.values(operation.responses)])
      for (const model of modelsIn(type)) models.add(model)
  }
  return roots
}

/** Groups whose operations reach each model. A model whose home is known passes that home on to its fields. */
function reachOf(
  models: ReadonlyMap<string, Model>,
  roots: ReadonlyMap<string, Set<string>>,
  home: (name: string) => string | undefined,
): Map<string, Set<string>> {
  const reach = new Map<string, Set<string>>()
  const walk = (name: string, from: string) => {
    const model = models.get(name)
    if (!model) return
    const group = home(name) ?? from
    const groups = reach.get(name) ?? new Set()
    reach.set(name, groups)
    if (groups.has(group)) return
    groups.add(group)
    for (const field of model.fields) for (const used of modelsIn(field.type)) walk(used, group)
  }
  for (const [group, names] of roots) for (const name of names) walk(name, group)
  return reach
}

/**
 * Names every model. A group comes, in this order, from the facts, from the library's prefix (`EventsV1Event`),
 * or from the only group (core, if it is among several) whose operations reach the model.
 */
export function nameModels(
  models: ReadonlyMap<string, Model>,
  operations: readonly ClientOperation[],
  facts: NamingFacts,
): Map<string, TypeName> {
  const roots = rootsOf(operations)
  const served = new Set(operations.map(o => groupVersionOfPath(o.path)).map(gv => gv && `${gv.group}/${gv.version}`))
  const groupOfPrefix = (prefix: string) =>
    prefix ? [...roots.keys()].find(group => firstLabel(group) === prefix.toLowerCase()) : undefined
  const home = (name: string) => facts.home[name] ?? groupOfPrefix(splitModelName(name).prefix)
  const reach = reachOf(models, roots, home)
  const names = new Map<string, TypeName>()
  for (const name of models.keys()) {
    const { prefix, version, kind } = splitModelName(name)
    if (name === 'VersionInfo') {
      names.set(name, { full: 'io.k8s.apimachinery.pkg.version.Info', group: '', version: '', kind: 'Info' })
    } else if (version === 'v1' && !prefix && facts.meta.includes(kind)) {
      names.set(name, { full: metaPackage + kind, group: 'meta', version, kind })
    } else {
      const candidates = [...(reach.get(name) ?? [])].filter(group => served.has(`${group}/${version}`))
      const group = home(name) ?? (candidates.includes('') ? '' : (candidates[0] ?? 'unreached'))
      const path = facts.package[group] ?? `io.k8s.api.${firstLabel(group)}`
      names.set(name, { full: `${path}.${version}.${kind}`, group, version, kind })
    }
  }
  return names
}
