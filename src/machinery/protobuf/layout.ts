/** How a type lies in a protobuf message: its fields by number, inlined messages unfolded. */
import type { ResolvedField, ResolvedType } from '../schema/resolve.js'

export interface LayoutField {
  number: number
  /** A JSON field; absent for an inlined message. */
  field?: ResolvedField
  /** The fields of an inlined message, which JSON holds beside those of the outer one. */
  inlined?: Layout
}

export interface Layout {
  /** In the order of numbers. */
  fields: readonly LayoutField[]
  byNumber: ReadonlyMap<number, LayoutField>
}

function layoutOf(placed: readonly { path: readonly number[]; field: ResolvedField }[]): Layout {
  const direct: LayoutField[] = []
  const inlined = new Map<number, { path: readonly number[]; field: ResolvedField }[]>()
  for (const { path, field } of placed) {
    const [number, ...rest] = path
    if (rest.length === 0) direct.push({ number: number!, field })
    else inlined.set(number!, [...(inlined.get(number!) ?? []), { path: rest, field }])
  }
  for (const [number, inner] of inlined) direct.push({ number, inlined: layoutOf(inner) })
  const fields = direct.sort((a, b) => a.number - b.number)
  return { fields, byNumber: new Map(fields.map(field => [field.number, field])) }
}

const layouts = new WeakMap<ResolvedType, Layout>()

export function messageLayout(type: ResolvedType): Layout {
  let layout = layouts.get(type)
  if (!layout) {
    const placed = [...type.fields.values()]
      .filter(field => field.schema.number !== undefined)
      .map(field => ({ path: field.schema.inlined ?? [field.schema.number!], field }))
    layouts.set(type, (layout = layoutOf(placed)))
  }
  return layout
}

/** Lists that are messages of their own, `{ repeated string items = 1 }`, because Go named them. */
export const isWrappedList = (field: ResolvedField): boolean =>
  field.goType === 'v1.ExtraValue' || field.goType === 'v1.Verbs'
