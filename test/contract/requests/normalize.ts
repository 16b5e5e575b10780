/** Takes out of an answer what differs between two servers that behave alike: revisions, identities, times. */
import { gunzipSync } from 'node:zlib'
import type { Answer, RawAnswer } from './case.js'

export interface Masks {
  namespace: string
  /** Revisions to show by name. */
  revisions: Readonly<Record<string, string>>
  /** Names of headers that are compared. */
  headers: readonly string[]
}

const time = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g
const uuid = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g
const current = /(current: |rev=|is )\d+/g

const quoted = /"\{(?:[^"\\]|\\.)*\}"/g

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(fields.map(([key, inner]) => [key, sorted(inner)]))
}

/** An object quoted in a message: its fields in alphabetical order. */
function maskQuoted(literal: string, masks: Masks): string {
  try {
    return JSON.stringify(JSON.stringify(sorted(mask(JSON.parse(JSON.parse(literal)), masks))))
  } catch {
    return literal
  }
}

function maskText(message: string, masks: Masks): string {
  const { namespace } = masks
  const text = message.replace(quoted, literal => maskQuoted(literal, masks))
  return text.replaceAll(namespace, '<ns>').replace(time, '<time>').replace(uuid, '<uid>').replace(current, '$1<rv>')
}

/** A token that goes on with a list: shown decoded. */
function maskContinue(token: string, masks: Masks): unknown {
  try {
    const { v, rv, start } = JSON.parse(Buffer.from(token, 'base64url').toString())
    return { v, rv: rv > 0 ? '<rv>' : rv, start: maskText(start, masks) }
  } catch {
    return token
  }
}

function maskField(key: string, value: unknown, masks: Masks): unknown {
  if (key === 'resourceVersion' && typeof value === 'string' && value) {
    const name = Object.entries(masks.revisions).find(([, revision]) => revision === value)?.[0]
    return `<${name ?? 'rv'}>`
  }
  if (key === 'continue' && typeof value === 'string') return maskContinue(value, masks)
  // Rows of tables: ages.
  if (key === 'cells' && Array.isArray(value))
    return value.map(cell => (typeof cell === 'string' ? cell.replace(/^(<invalid>|\d+[smhd])+$/, '<age>') : cell))
  return mask(value, masks)
}

function mask(value: unknown, masks: Masks): unknown {
  if (typeof value === 'string') return maskText(value, masks)
  if (Array.isArray(value)) return value.map(item => mask(item, masks))
  if (typeof value !== 'object' || value === null) return value
  const fields = Object.entries(value).filter(([key]) => key !== 'managedFields')
  return Object.fromEntries(fields.map(([key, inner]) => [key, maskField(key, inner, masks)]))
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    const lines = text.trimEnd().split('\n')
    try {
      return lines.map(line => JSON.parse(line))
    } catch {
      return text
    }
  }
}

/** What of the answer is compared. */
export function normalize({ code, headers, body }: RawAnswer, masks: Masks): Answer {
  const isCompressed = headers['content-encoding'] === 'gzip'
  const text = (isCompressed ? gunzipSync(body) : body).toString()
  const kept = masks.headers.filter(name => headers[name] !== undefined).map(name => [name, headers[name]!])
  return { code, headers: Object.fromEntries(kept), body: mask(parse(text), masks) }
}
