/** Prints what is stored: JSON as ever, but the managed fields, which many objects share, are printed once for all. */
import { textOfSet } from '../machinery/apply/set-text.js'
import { stringifyJson } from '../machinery/json/stringify.js'
import type { AnyObject, ManagedFieldsEntry } from '../machinery/object-meta.js'

function entryText({ fieldsV1, subresource, ...entry }: ManagedFieldsEntry): string {
  const head = JSON.stringify(entry)
  const parts = [head.slice(1, -1)]
  if (fieldsV1) parts.push(`"fieldsV1":${textOfSet(fieldsV1 as Parameters<typeof textOfSet>[0])}`)
  if (subresource) parts.push(`"subresource":${JSON.stringify(subresource)}`)
  return `{${parts.filter(part => part).join(',')}}`
}

/** Joins two JSON objects, given as text, into one. */
function joined(a: string, b: string): string {
  if (a === '{}') return b
  return b === '{}' ? a : `${a.slice(0, -1)},${b.slice(1)}`
}

export function textOfMetadata({ managedFields, ...rest }: AnyObject['metadata']): string {
  if (!managedFields) return stringifyJson(rest)
  return joined(stringifyJson(rest), `{"managedFields":[${managedFields.map(entryText).join(',')}]}`)
}

/** Of an object that begins with kind, apiVersion and metadata. */
export function textOfStored(object: AnyObject): string {
  const { kind, apiVersion, metadata, ...rest } = object
  if (!metadata.managedFields) return stringifyJson(object)
  const head = JSON.stringify({ kind, apiVersion }).slice(0, -1)
  return joined(`${head},"metadata":${textOfMetadata(metadata)}}`, stringifyJson(rest))
}
