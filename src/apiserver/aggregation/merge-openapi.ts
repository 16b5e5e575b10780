/** What an extension server's OpenAPI v2 document adds to ours: its own paths, and the types that these use. */
import { isDeepStrictEqual } from 'node:util'

type Json = Record<string, unknown>

export interface OpenApiParts {
  paths: Record<string, Json>
  definitions: Record<string, Json>
  parameters: Record<string, Json>
}

/** As it is read: anything may be absent. */
export type SwaggerDocument = { [K in keyof OpenApiParts]?: OpenApiParts[K] | null }

const sections = ['definitions', 'parameters'] as const
type Section = (typeof sections)[number]

function* referencesOf(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null) return
  for (const [key, item] of Object.entries(value)) {
    if (key === '$ref' && typeof item === 'string') yield item
    else yield* referencesOf(item)
  }
}

/** Every `#/definitions/x` that the paths lead to, at once or through others. */
function usedBy(paths: unknown, { definitions, parameters }: OpenApiParts): Set<string> {
  const used = new Set<string>()
  const pending = [...referencesOf(paths)]
  for (let reference = pending.pop(); reference !== undefined; reference = pending.pop()) {
    if (used.has(reference)) continue
    used.add(reference)
    const [, section, name = ''] = reference.split('/')
    pending.push(...referencesOf((section === 'parameters' ? parameters : definitions)[name]))
  }
  return used
}

/** The paths below the prefix. A type goes with the paths that used it; what no path ever used stays. */
export function filterDocument(document: SwaggerDocument, prefix: string): OpenApiParts {
  const all: OpenApiParts = {
    paths: document.paths ?? {},
    definitions: document.definitions ?? {},
    parameters: document.parameters ?? {},
  }
  const paths = Object.fromEntries(Object.entries(all.paths).filter(([path]) => path.startsWith(prefix)))
  const [before, after] = [usedBy(all.paths, all), usedBy(paths, all)]
  const kept = (section: Section) =>
    Object.fromEntries(
      Object.entries(all[section]).filter(([name]) => {
        const reference = `#/${section}/${name}`
        return after.has(reference) || !before.has(reference)
      }),
    )
  return { paths, definitions: kept('definitions'), parameters: kept('parameters') }
}

const withoutKinds = ({ 'x-kubernetes-group-version-kind': _, ...rest }: Json) => rest
const isSame = (a: Json, b: Json) => isDeepStrictEqual(withoutKinds(a), withoutKinds(b))

/** Names that another thing has get `_v2`, `_v3`; the same thing under such a name is used again. */
function planNames(added: Record<string, Json>, existing: Record<string, Json>): Map<string, string> {
  const renamed = new Map<string, string>()
  for (const [name, value] of Object.entries(added)) {
    let candidate = name
    for (let i = 2; ; i++) {
      const found = existing[candidate]
      const isTaken = candidate !== name && Object.hasOwn(added, candidate)
      if (found ? isSame(found, value) : !isTaken) break
      candidate = `${name}_v${i}`
    }
    if (candidate !== name) renamed.set(name, candidate)
  }
  return renamed
}

function renameReferences(value: unknown, renamed: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map(item => renameReferences(item, renamed))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      key === '$ref' && typeof item === 'string' ? (renamed.get(item) ?? item) : renameReferences(item, renamed),
    ]),
  )
}

/** What is to be added to `existing`, whose own paths and types stay as they are. */
export function planAddition(added: OpenApiParts, existing: OpenApiParts): OpenApiParts {
  const names = {
    definitions: planNames(added.definitions, existing.definitions),
    parameters: planNames(added.parameters, existing.parameters),
  }
  const references = new Map(
    sections.flatMap(section =>
      [...names[section]].map(([from, to]) => [`#/${section}/${from}`, `#/${section}/${to}`] as const),
    ),
  )
  const missing = (values: Record<string, Json>, known: Record<string, Json>, renamed: ReadonlyMap<string, string>) =>
    Object.fromEntries(
      Object.entries(values)
        .map(([name, value]) => [renamed.get(name) ?? name, renameReferences(value, references) as Json] as const)
        .filter(([name]) => !Object.hasOwn(known, name)),
    )
  return {
    paths: missing(added.paths, existing.paths, new Map()),
    definitions: missing(added.definitions, existing.definitions, names.definitions),
    parameters: missing(added.parameters, existing.parameters, names.parameters),
  }
}
