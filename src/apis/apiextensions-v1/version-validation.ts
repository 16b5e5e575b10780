/** Checks of what a version of a definition says besides its schema: columns, subresources, selectable fields, deprecation. */
import { duplicate, type FieldError, invalid, required, tooMany } from '../../machinery/field-error.js'
import { findFieldPath } from '../../machinery/structural/field-path.js'
import type { JsonSchema } from '../../machinery/structural/json-schema.js'
import type {
  CustomResourceColumnDefinition,
  CustomResourceDefinitionVersion,
  CustomResourceSubresources,
  SelectableField,
} from '../generated/apiextensions-v1.js'

const simplePath = (path: string) => (path.startsWith('.') ? undefined : 'must be a simple json path starting with .')

/** `roots`: where the path may begin; `place`: how upstream calls that. */
function* scalePathErrors(value: string, at: string, roots: readonly string[], place: string): Generator<FieldError> {
  const why = simplePath(value)
  if (why) yield invalid(at, value, why)
  else if (!roots.some(root => value.startsWith(root))) yield invalid(at, value, `should be a json path under ${place}`)
}

export function* subresourceErrors(subresources: CustomResourceSubresources | undefined, path: string) {
  const scale = subresources?.scale
  if (!scale) return
  const { specReplicasPath: spec = '', statusReplicasPath: status = '', labelSelectorPath: selector = '' } = scale
  const at = `${path}.scale`
  if (spec) yield* scalePathErrors(spec, `${at}.specReplicasPath`, ['.spec.'], '.spec')
  else yield required(`${at}.specReplicasPath`)
  if (status) yield* scalePathErrors(status, `${at}.statusReplicasPath`, ['.status.'], '.status')
  else yield required(`${at}.statusReplicasPath`)
  if (selector)
    yield* scalePathErrors(selector, `${at}.labelSelectorPath`, ['.spec.', '.status.'], 'either .spec or .status')
}

const columnTypes = ['boolean', 'date', 'integer', 'number', 'string']
const columnFormats = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password']
const oneOf = (list: readonly string[]) => `must be one of ${list.join(',')}`

export function* columnErrors(columns: readonly CustomResourceColumnDefinition[] = [], path: string) {
  for (const [i, { name, type, format, jsonPath }] of columns.entries()) {
    const at = `${path}[${i}]`
    if (!name) yield required(`${at}.name`)
    if (!type) yield required(`${at}.type`, oneOf(columnTypes))
    else if (!columnTypes.includes(type)) yield invalid(`${at}.type`, type, oneOf(columnTypes))
    if (format && !columnFormats.includes(format)) yield invalid(`${at}.format`, format, oneOf(columnFormats))
    const why = simplePath(jsonPath ?? '')
    if (!jsonPath) yield required(`${at}.JSONPath`)
    else if (why) yield invalid(`${at}.JSONPath`, jsonPath, why)
  }
}

const maxSelectableFields = 8
const selectableTypes = ['string', 'boolean', 'integer']

export function* selectableFieldErrors(
  fields: readonly SelectableField[],
  schema: JsonSchema | undefined,
  path: string,
) {
  const known = new Set<string>()
  for (const [i, { jsonPath }] of fields.entries()) {
    const at = `${path}[${i}].jsonPath`
    if (!jsonPath) {
      yield required(at)
      continue
    }
    try {
      const { steps, schema: found } = findFieldPath(jsonPath, schema, { arrayNotation: false })
      if (steps[0] === 'metadata') yield invalid(at, jsonPath, 'must not point to fields in metadata')
      if (!found || !selectableTypes.includes(found.type ?? ''))
        yield invalid(
          at,
          jsonPath,
          'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
        )
      const text = steps.join('.')
      if (known.has(text)) yield duplicate(at, jsonPath)
      known.add(text)
    } catch (error) {
      yield invalid(at, jsonPath, `is an invalid path: ${(error as Error).message}`)
    }
  }
  if (known.size > maxSelectableFields) yield tooMany(path, known.size, maxSelectableFields)
}

const unprintable = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u

function* deprecationProblems(deprecated: boolean, text: string): Generator<string> {
  if (!deprecated) {
    yield 'can only be set for deprecated versions'
    return
  }
  if (Buffer.byteLength(text) > 256) yield 'must be <= 256 characters long'
  if (!text) yield 'must not be an empty string'
  const at = text.search(unprintable)
  if (at >= 0) {
    const index = Buffer.byteLength(text.slice(0, at))
    yield `must only contain printable UTF-8 characters; non-printable character found at index ${index}`
  }
}

export function* deprecationErrors(version: CustomResourceDefinitionVersion, path: string): Generator<FieldError> {
  const { deprecated = false, deprecationWarning: text } = version
  if (text === undefined) return
  for (const problem of deprecationProblems(deprecated, text))
    yield invalid(`${path}.deprecationWarning`, text, problem)
}
