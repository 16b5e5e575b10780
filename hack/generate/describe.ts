/** Joins the descriptions of the client library with those of kubernetes-models. */
import type { Definition, Shape } from './definitions.js'
import type { Descriptions } from './package-descriptions.js'

const enumTitle = /\n+Possible enum values:\n/

/** The list of values below a description, without those that this version does not have. */
function enumSection(section: string | undefined, values: readonly string[]): string {
  const isKept = (item: string) => {
    const value = /^ - `"(.*?)"`/.exec(item)
    return value !== null && values.includes(value[1]!)
  }
  return (section ?? '')
    .split(/\n(?= - `")/)
    .filter(isKept)
    .join('\n')
}

/** Equal for texts that differ in spaces, line breaks and the first letter's case: `Spec is  …`, `spec is …`. */
const essence = (text: string) => text.slice(0, 1).toLowerCase() + text.slice(1).replace(/\s+/g, ' ').trim()

/**
 * One description out of two. The library has the words of this version, but no list of values, and line breaks only where
 * they could be guessed; the packages have all of that, in words of a later version. Hence the packages' text is taken where it
 * says the same or where the library has none, and otherwise only its list.
 */
export function joinTexts(library: string, packaged: string, values: readonly string[]): string {
  const title = enumTitle.exec(packaged)?.[0] ?? ''
  const [head = '', section] = packaged.split(enumTitle)
  const list = enumSection(section, values)
  const isSame = !library || essence(library) === essence(head)
  const text = isSame ? (library || head).slice(0, 1) + head.slice(1) : library
  return list ? text + title + list : text.trim()
}

/** Completes the descriptions of all definitions and of their fields in place. */
export function describe(definitions: ReadonlyMap<string, Definition>, texts: Descriptions): void {
  for (const definition of definitions.values())
    definition.doc = joinTexts(definition.doc, texts.get(definition.short) ?? '', [])

  const describeField = (shape: Shape, packaged: string) => {
    const values = (shape.items ?? shape.values ?? shape).enum ?? []
    // The library may state the type's description instead of the field's.
    const isOfType =
      shape.ref !== undefined && essence(shape.doc ?? '') === essence(definitions.get(shape.ref)?.doc ?? '')
    shape.doc = joinTexts(isOfType ? '' : (shape.doc ?? ''), packaged, values) || undefined
  }
  for (const definition of definitions.values())
    for (const [name, shape] of Object.entries(definition.fields)) {
      const packaged = texts.get(`${definition.short}.${name}`)
      if (packaged !== undefined) describeField(shape, packaged)
    }
}
