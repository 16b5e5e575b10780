/** The OpenAPI v3 documents, one for each group version. */
import { groupVersionOfPath } from '../naming.js'
import type { DocumentSources } from './document-v2.js'
import { emitDefinition, emitShape, type Json } from './emit-schema.js'
import { type Parameter, type PathItem, securityScheme, statusTexts } from './operations.js'

/** `/apis/apps/v1/…` belongs to the document `apis/apps/v1`, `/version/` to `version`. */
export function documentKey(path: string): string {
  const groupVersion = groupVersionOfPath(path)
  if (groupVersion) return groupVersion.group ? `apis/${groupVersion.group}/${groupVersion.version}` : 'api/v1'
  return path.replace(/^\//, '').replace(/\/$/, '')
}

const emitParameter = ({ name, in: place, doc, required, type }: Parameter): Json => ({
  name,
  in: place,
  ...(doc && { description: doc }),
  ...(required && { required: true }),
  schema: { type, uniqueItems: true },
})

const content = (types: readonly string[], schema: Json): Json =>
  Object.fromEntries([...types].sort().map(type => [type, { schema }]))

function emitOperation(operation: PathItem['operations'][number]): Json {
  const { own, body, action, gvk, produces } = operation
  const responses = Object.entries(operation.responses).map(([code, shape]) => {
    return [code, { description: statusTexts[code], ...(shape && { content: content(produces, emitShape(shape, 3)) }) }]
  })
  return {
    tags: [operation.tag],
    ...(operation.doc && { description: operation.doc }),
    operationId: operation.id,
    ...(own.length > 0 && { parameters: own.map(emitParameter) }),
    ...(body && {
      requestBody: {
        content: content(operation.consumes, emitShape({ ref: body.ref }, 3)),
        ...(body.required && { required: true }),
      },
    }),
    responses: Object.fromEntries(responses),
    ...(action && { 'x-kubernetes-action': action }),
    ...(gvk && { 'x-kubernetes-group-version-kind': gvk }),
  }
}

function emitPathItem({ shared, operations }: PathItem): Json {
  const byVerb = operations.map(operation => [operation.verb, emitOperation(operation)])
  return { ...Object.fromEntries(byVerb), ...(shared.length > 0 && { parameters: shared.map(emitParameter) }) }
}

/** Names of the schemas that a text refers to. */
const referencesIn = (json: unknown) =>
  [...JSON.stringify(json).matchAll(/#\/components\/schemas\/([^"]+)"/g)].map(found => found[1]!)

/** Documents by key. */
export function emitV3({ definitions, paths, version }: DocumentSources): Map<string, Json> {
  const schemas = new Map(definitions.map(definition => [definition.full, emitDefinition(definition, 3)]))
  const references = new Map([...schemas].map(([name, schema]) => [name, referencesIn(schema)]))
  const reach = (roots: readonly string[]): string[] => {
    const found = new Set<string>()
    const visit = (name: string) => {
      if (found.has(name)) return
      found.add(name)
      for (const next of references.get(name)!) visit(next)
    }
    for (const root of roots) visit(root)
    return [...found].sort()
  }
  const byKey = new Map<string, PathItem[]>()
  for (const item of paths) {
    const key = documentKey(item.path)
    byKey.set(key, [...(byKey.get(key) ?? []), item])
  }
  const documents = [...byKey].map(([key, items]): [string, Json] => {
    const emitted = Object.fromEntries(items.map(item => [item.path, emitPathItem(item)]))
    const used = Object.fromEntries(reach(referencesIn(emitted)).map(name => [name, schemas.get(name)]))
    const components = { ...(Object.keys(used).length > 0 && { schemas: used }), securitySchemes: securityScheme }
    return [key, { openapi: '3.0.0', info: { title: 'Kubernetes', version }, paths: emitted, components }]
  })
  return new Map(documents)
}
