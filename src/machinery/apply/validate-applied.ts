/** Checks an applied object against its type, with upstream's words. */

import { stringifyJson } from '../json/stringify.js'
import { formatGo } from '../patch/go-format.js'
import { isJsonObject } from '../structural/json-schema.js'
import { elementOf } from './list-elements.js'
import { type MergeType, typeFor } from './merge-type.js'
import { fieldElement, type PathElement, printElement, TypedError } from './path-element.js'

type Fields = Readonly<Record<string, unknown>>

/** `&{…}`: a value as Go prints the box that it stands in. */
const boxed = (value: unknown) => `&{${formatGo(value)}}`

function goSyntax(value: unknown): string {
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`
  if (isJsonObject(value)) {
    const entries = Object.entries(value).map(([key, inner]) => `${JSON.stringify(key)}:${goSyntax(inner)}`)
    return `map[string]interface {}{${entries.join(', ')}}`
  }
  return stringifyJson(value)
}

function goType(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}'
  if (isJsonObject(value)) return 'map[string]interface {}'
  if (typeof value === 'boolean') return 'bool'
  return typeof value === 'string' ? 'string' : 'float64'
}

const isNumber = (value: unknown) => typeof value === 'number' || typeof value === 'bigint'

function scalarError({ scalar }: MergeType, value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined
  switch (scalar) {
    case 'numeric':
      return isNumber(value) ? undefined : `expected numeric (int or float), got ${goType(value)}`
    case 'string':
      return typeof value === 'string'
        ? undefined
        : `expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `expected boolean, got ${boxed(value)}`
    default:
      return typeof value === 'object' ? `expected any scalar, got ${boxed(value)}` : undefined
  }
}

class Validator {
  readonly errors: string[] = []

  #add(path: string, message: string): void {
    this.errors.push(path ? `${path}: ${message}` : message)
  }

  visit(declared: MergeType, value: unknown, path: string): void {
    const type = typeFor(declared, value)
    if (type.shape === 'scalar') {
      const error = scalarError(type, value)
      if (error) this.#add(path, error)
    } else if (value === null || value === undefined) return
    else if (type.shape === 'list') {
      if (Array.isArray(value)) this.#visitItems(type, value, path)
      else this.#add(path, `expected list, got ${boxed(value)}`)
    } else if (isJsonObject(value)) this.#visitFields(type, value, path)
    else this.#add(path, `expected map, got ${boxed(value)}`)
  }

  #visitFields(type: MergeType, fields: Fields, path: string): void {
    for (const name of Object.keys(fields)) {
      const at = path + printElement(fieldElement(name))
      const inner = type.field(name)?.type ?? type.items
      if (!inner) {
        this.#add(at, 'field not declared in schema')
        return
      }
      this.visit(inner, fields[name], at)
    }
  }

  #visitItems(type: MergeType, list: readonly unknown[], path: string): void {
    const seen = new Set<PathElement>()
    for (const [i, item] of list.entries()) {
      let at = `[${i}]`
      if (!type.atomic) {
        let element: PathElement
        try {
          element = elementOf(type, item)
        } catch (error) {
          if (!(error instanceof TypedError)) throw error
          this.#add(path, `element ${i}: ${error.message}`)
          return
        }
        at = printElement(element)
        if (seen.has(element)) this.#add(path, `duplicate entries for key ${at}`)
        seen.add(element)
      }
      this.visit(type.items!, item, path + at)
    }
  }
}

/** Throws a TypedError that lists what does not fit. */
export function checkApplied(type: MergeType, applied: unknown): void {
  const validator = new Validator()
  validator.visit(type, applied, '')
  const { errors } = validator
  if (!errors.length) return
  throw new TypedError(errors.length === 1 ? errors[0] : ['errors:', ...errors.map(error => `  ${error}`)].join('\n'))
}
