/** What stands inside values of no type: Go keeps their text and does not look into it. */
import { type ResolvedField, resolveType } from './resolve.js'
import type { SchemaSet } from './types.js'

/** Whether `data.a[0].b`, of an object of the type, lies inside one. */
export function isInRaw(schemas: SchemaSet, typeName: string, path: string): boolean {
  let fields: ReadonlyMap<string, ResolvedField> | undefined = resolveType(schemas, typeName).fields
  let field: ResolvedField | undefined
  for (const part of path.split('.')) {
    if (field?.type === 'raw') return !field.struct
    const name = part.replace(/\[.*$/, '')
    field = field?.type === 'map' ? field.items : fields?.get(name)
    if (part !== name) field = field?.items
    fields = field?.struct?.fields
  }
  return false
}
