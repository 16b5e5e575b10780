/**
 * Objects as upstream holds them in memory: Go's field names, every field there, in Go's order.
 * Its messages about immutable fields print this form, and two objects are equal when their forms are.
 */
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

function formOf(kind: string, value: unknown): unknown {
  if (kind.startsWith('*')) return value === undefined || value === null ? null : formOf(kind.slice(1), value)
  if (kind.startsWith('[]')) return Array.isArray(value) ? value.map(item => formOf(kind.slice(2), item)) : null
  if (kind.startsWith('map:')) return value ? formOfMap(value as Json, kind.slice(4)) : null
  if (kind === '@Quantity') return canonicalQuantity((value as string | undefined) ?? '0')
  if (kind in internalLayout) return internalForm(kind, (value ?? {}) as object)
  return value ?? zeros[kind] ?? null
}

/** Upstream keeps the host's namespaces in the security context, which it makes when there is none. */
function withHostFields(spec: Json): Json {
  const { hostNetwork, hostPID, hostIPC, shareProcessNamespace, hostUsers } = spec
  const host = { hostNetwork, hostPID, hostIPC, shareProcessNamespace, hostUsers }
  return { ...spec, securityContext: { ...(spec.securityContext as Json | undefined), ...host } }
}

/** `type` is a name in internalLayout, such as `PodSpec`. */
export function internalForm(type: string, value: object): Json {
  const source = type === 'PodSpec' ? withHostFields(value as Json) : (value as Json)
  return Object.fromEntries(
    fieldsOf(type).map(({ goName, jsonName, kind }) => [goName, formOf(kind, source[jsonName])]),
  )
}

const isEmpty = (value: unknown): boolean =>
  value === null || value === undefined || (Array.isArray(value) && !value.length)

function equalForms(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (isEmpty(a) && isEmpty(b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const keys = new Set([...Object.keys(a), ...Object.keys(b)])
  for (const key of keys) if (!equalForms((a as Json)[key], (b as Json)[key])) return false
  return true
}

/** Upstream's Semantic.DeepEqual: empty lists equal absent ones, quantities compare by their canonical form. */
export const semanticEqual = (type: string, a: object, b: object): boolean =>
  equalForms(internalForm(type, a), internalForm(type, b))

/** Go escapes these in JSON. */
const escapes: Readonly<Record<string, string>> = { '<': '\\u003c', '>': '\\u003e', '&': '\\u0026' }
const printed = (type: string, value: object): string =>
  JSON.stringify(internalForm(type, value), null, 1).replace(/[<>&]/g, character => escapes[character] ?? character)

/** Upstream's diff of two objects of one type. */
export const internalDiff = (type: string, before: object, after: object): string =>
  unifiedDiff(printed(type, before), printed(type, after))
