/**
 * Objects as upstream holds them in memory: Go's field names, every field there, in Go's order.
 * Its messages about immutable fields print this form, and two objects are equal when their forms are.
 */

import { goJson } from '../../machinery/json/go-json.js'
import { compareQuantity } from '../../machinery/quantity.js'
import { givenEmpty } from '../../machinery/schema/given-empty.js'
import { semanticEqual as semanticEqualJson } from '../validation/semantic-equal.js'
import { unifiedDiff } from '../validation/unified-diff.js'
import { internalLayout } from './internal-layout.js'
import { canonicalQuantity } from './resource-list.js'

type Json = Readonly<Record<string, unknown>>

interface Field {
  goName: string
  jsonName: string
  kind: string
}

const lowerFirst = (name: string) => name.charAt(0).toLowerCase() + name.slice(1)
const layouts = new Map<string, Field[]>()

function fieldsOf(type: string): Field[] {
  let fields = layouts.get(type)
  if (!fields) {
    fields = (internalLayout[type] ?? '').split(' ').map(text => {
      const colon = text.indexOf(':')
      const [goName = '', jsonName] = text.slice(0, colon).split('=')
      return { goName, jsonName: jsonName ?? lowerFirst(goName), kind: text.slice(colon + 1) }
    })
    layouts.set(type, fields)
  }
  return fields
}

const zeros: Readonly<Record<string, unknown>> = { s: '', b: false, i: 0, '@IntOrString': 0, '@Quantity': '0' }

function formOfMap(map: Json, kind: string): Json {
  const keys = Object.keys(map).sort()
  return Object.fromEntries(keys.map(key => [key, formOf(kind, map[key])]))
}

/** Types of other packages print as JSON: in their own order, without what is empty. */
const jsonFields: Readonly<Record<string, readonly string[]>> = {
  '@LabelSelector': ['matchLabels', 'matchExpressions'],
  '@ObjectMeta': ['labels', 'annotations'],
}
const requirementFields = ['key', 'operator', 'values']

function pick(value: Json, fields: readonly string[]): Json {
  const entries = fields.map(field => [field, value[field]] as const).filter(([, v]) => v !== undefined && v !== null)
  return Object.fromEntries(entries)
}

function formOfJson(value: Json, fields: readonly string[]): Json {
  const { matchExpressions, ...rest } = pick(value, fields)
  const maps = Object.entries(rest).map(([field, map]) => [field, formOfMap(map as Json, 's')] as const)
  const expressions = (matchExpressions as Json[] | undefined)?.map(e => pick(e, requirementFields))
  return { ...Object.fromEntries(maps), ...(expressions && { matchExpressions: expressions }) }
}

function formOf(kind: string, value: unknown): unknown {
  if (kind.startsWith('*')) return value === undefined || value === null ? null : formOf(kind.slice(1), value)
  if (kind.startsWith('[]')) return Array.isArray(value) ? value.map(item => formOf(kind.slice(2), item)) : null
  if (kind.startsWith('map:')) return value ? formOfMap(value as Json, kind.slice(4)) : null
  if (kind === '@Quantity') return canonicalQuantity((value as string | undefined) ?? '0')
  if (kind in internalLayout) return internalForm(kind, (value ?? {}) as object)
  const fields = jsonFields[kind]
  if (fields) return formOfJson((value ?? {}) as Json, fields)
  return value ?? zeros[kind] ?? null
}

/** Upstream keeps the host's namespaces in the security context, which it makes when there is none. */
function withHostFields(spec: Json): Json {
  const { hostNetwork, hostPID, hostIPC, shareProcessNamespace, hostUsers } = spec
  const host = { hostNetwork, hostPID, hostIPC, shareProcessNamespace, hostUsers }
  return { ...spec, securityContext: { ...(spec.securityContext as Json | undefined), ...host } }
}

/** `type` is a name in internalLayout, such as `PodSpec`. */
export function internalForm(type: string, struct: object): Json {
  const source = type === 'PodSpec' ? withHostFields(struct as Json) : (struct as Json)
  const form: Record<string, unknown> = {}
  for (const { goName, jsonName, kind } of fieldsOf(type)) {
    const value = formOf(kind, source[jsonName] ?? givenEmpty(struct, jsonName))
    if (goName === '...') Object.assign(form, value)
    else form[goName] = value
  }
  return form
}

const isAbsent = (value: unknown) => value === undefined || value === null

function equalMaps(kind: string, a: Json, b: Json): boolean {
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every(key => key in b && equalOf(kind, a[key], b[key]))
}

function equalStructs(type: string, a: Json, b: Json): boolean {
  const [left, right] = type === 'PodSpec' ? [withHostFields(a), withHostFields(b)] : [a, b]
  return fieldsOf(type).every(({ jsonName, kind }) => equalOf(kind, left[jsonName], right[jsonName]))
}

/** A null and an empty list or map are equal; a null pointer and one to an empty struct are not. */
function equalOf(kind: string, a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (kind.startsWith('*'))
    return !isAbsent(a) && !isAbsent(b) ? equalOf(kind.slice(1), a, b) : isAbsent(a) && isAbsent(b)
  if (kind.startsWith('[]')) {
    const [left, right] = [(a ?? []) as unknown[], (b ?? []) as unknown[]]
    return left.length === right.length && left.every((item, i) => equalOf(kind.slice(2), item, right[i]))
  }
  if (kind.startsWith('map:')) return equalMaps(kind.slice(4), (a ?? {}) as Json, (b ?? {}) as Json)
  if (kind === '@Quantity') return compareQuantity((a ?? '0') as string, (b ?? '0') as string) === 0
  if (kind in internalLayout) return equalStructs(kind, (a ?? {}) as Json, (b ?? {}) as Json)
  if (kind in jsonFields) return semanticEqualJson(a ?? {}, b ?? {})
  return (a ?? zeros[kind] ?? null) === (b ?? zeros[kind] ?? null)
}

/** Upstream's Semantic.DeepEqual, by the Go types: a zero equals an absent value unless the field is a pointer. */
export const semanticEqual = (type: string, a: object, b: object): boolean =>
  semanticEqualJson(a, b) || equalStructs(type, a as Json, b as Json)

const printed = (type: string, value: object): string => goJson(internalForm(type, value), 1)

/** Upstream's diff of two objects of one type. */
export const internalDiff = (type: string, before: object, after: object): string =>
  unifiedDiff(printed(type, before), printed(type, after))
