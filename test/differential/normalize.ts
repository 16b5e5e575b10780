/**
 * Takes out of an answer what must differ between two servers and keeps how it hangs together: a uid or resourceVersion becomes the name of
 * the place where it was first seen, so that "the same as in step 3" still compares.
 */
import { load } from 'js-yaml'
import type { RawAnswer } from './connection.js'
import { sortEmbedded } from './embedded-json.js'

/** An answer as it is compared and recorded. */
export interface NormalAnswer {
  status: number
  headers: Record<string, string>
  /** JSON value, list of watch events, or text. */
  body: unknown
}

/** Headers that say something; the others are of the connection or of time. */
const comparedHeaders = [
  'content-type',
  'warning',
  'retry-after',
  'allow',
  'location',
  'cache-control',
  'www-authenticate',
  'x-content-type-options',
]

const uuid = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g
const timestamp = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g
const versionInText = /(resource ?version[^0-9]{0,40}?|current: |object meta: )(\d+)\b/gi
const serviceAddress = /^(10\.96|192\.168)\.\d+\.\d+$/
const recentMs = 3 * 3_600_000
/** Below are the addresses and ports that requests ask for by name: upstream hands out by chance only those above. */
const isChanceAddress = (ip: string) => serviceAddress.test(ip) && !ip.startsWith('10.96.0.')
const firstChancePort = 30_086
const isChancePort = (port: string) => Number(port) >= firstChancePort
/** `80:31234/TCP` in a cell, and addresses anywhere. */
const withoutChance = (text: string): string =>
  text
    .replace(/\b10\.96\.\d+\.\d+\b/g, ip => (isChanceAddress(ip) ? '<ip>' : ip))
    .replace(/(?<=^|,)(\d+):(3\d{4})(?=\/(?:TCP|UDP|SCTP))/g, (all, port: string, node: string) =>
      isChancePort(node) ? `${port}:<port>` : all,
    )
/** The volume of a pod's token; managed fields have its name in a key. */
const withoutVolumeName = (text: string) => text.replace(/\bkube-api-access-[a-z0-9]{5}\b/g, 'kube-api-access-<>')
const ageColumns = new Set(['Age', 'Last Seen', 'First Seen', 'Last Schedule', 'Duration'])

type Json = Record<string, unknown>
const isObject = (value: unknown): value is Json => value !== null && typeof value === 'object' && !Array.isArray(value)

export interface Normalizer {
  /** `step` names the place of what is new in this answer. */
  normalize(answer: RawAnswer, step: number): NormalAnswer
}

/** Of one side and one sequence. `now` is the time to which a time counts as recent. */
export function newNormalizer(now: () => number): Normalizer {
  const uids = new Map<string, string>()
  const versions = new Map<string, string>()
  const names = new Map<string, string>()
  let columns: readonly unknown[] = []

  const token = (map: Map<string, string>, value: string, name: string) => {
    if (!map.has(value)) map.set(value, name)
    return map.get(value)!
  }
  const isRecent = (text: string) => Math.abs(Date.parse(text) - now()) < recentMs

  function text(value: string, place: string): string {
    let out = value.replace(uuid, found => token(uids, found, `<uid of ${place}>`))
    out = out.replace(timestamp, found => (isRecent(found) ? (found.includes('.') ? '<microtime>' : '<time>') : found))
    // Before anything in it is replaced that is no text.
    if (out.includes('{')) out = sortEmbedded(out)
    // What is current while others write is chance.
    out = out.replace(/(Too large resource version: \d+, current: )\d+/g, '$1<rv>')
    out = out.replace(
      versionInText,
      (_, before: string, n: string) => `${before}${versions.get(n) ?? (n === '0' || n === '1' ? n : '<rv>')}`,
    )
    out = withoutVolumeName(out)
    // Of objects that were refused: their names are in no object.
    out = out.replace(/-gen-[a-z0-9]{5}\b/g, '-gen-<>')
    if (out.includes('10.96.')) out = withoutChance(out)
    for (const [name, replacement] of names) if (out.includes(name)) out = out.replaceAll(name, replacement)
    return out
  }

  function learnName(object: Json, place: string): void {
    const meta = object.metadata
    if (!isObject(meta) || typeof meta.name !== 'string' || typeof meta.generateName !== 'string') return
    const { name, generateName } = meta
    if (generateName && name.startsWith(generateName) && name.length === generateName.length + 5)
      token(names, name, `<${generateName}* of ${place}>`)
  }

  function scalar(key: string, value: unknown, place: string): unknown {
    if (typeof value === 'number')
      return /^(n|healthCheckN)odePort$/.test(key) && value >= firstChancePort ? '<port>' : value
    if (typeof value !== 'string') return value
    if (key === 'resourceVersion' && /^[1-9]\d*$/.test(value)) return token(versions, value, `<rv of ${place}>`)
    if (key === 'continue' && value) return '<continue>'
    if (key === 'token' && value.startsWith('ey')) return '<token>'
    if (/^clusterIPs?$/.test(key) && isChanceAddress(value)) return '<ip>'
    return text(value, place)
  }

  function cells(row: unknown, columns: readonly unknown[]): unknown {
    if (!isObject(row) || !Array.isArray(row.cells)) return row
    const shown = row.cells.map((cell, i) => {
      const column = columns[i]
      const isAge = isObject(column) && ageColumns.has(String(column.name))
      return isAge && typeof cell === 'string' ? cell.replace(/^(\d+[smhd])+$/, '<age>') : cell
    })
    return { ...row, cells: shown.map(cell => (typeof cell === 'string' ? withoutChance(cell) : cell)) }
  }

  function walk(value: unknown, key: string, place: string): unknown {
    if (Array.isArray(value)) return value.map((item, i) => walk(item, key, `${place}[${i}]`))
    if (!isObject(value)) return scalar(key, value, place)
    learnName(value, place)
    const out: Json = {}
    const isList = Array.isArray(value.items) || Array.isArray(value.rows)
    for (const [name, item] of Object.entries(value)) {
      if (name === 'metadata' && isList && isObject(item))
        out[name] = {
          ...(walk(item, name, place) as Json),
          ...(item.resourceVersion ? { resourceVersion: '<rv>' } : {}),
        }
      else if (name === 'rows' && Array.isArray(item)) {
        // Events of a watch have them once.
        if (Array.isArray(value.columnDefinitions)) columns = value.columnDefinitions
        out[name] = item.map((row, i) => walk(cells(row, columns), name, `${place}.rows[${i}]`))
      } else out[withoutVolumeName(name)] = walk(item, name, `${place}.${name}`)
    }
    return out
  }

  /** A stream of JSON documents, one a line, is a list of events. */
  function parse(body: string, type: string): unknown {
    if (type.includes('yaml')) return load(body)
    if (!type.includes('json')) return body
    try {
      return JSON.parse(body)
    } catch {
      const lines = body.split('\n').filter(Boolean)
      try {
        return lines.map(line => JSON.parse(line))
      } catch {
        return body
      }
    }
  }

  function event(value: unknown): unknown {
    if (!isObject(value) || value.type !== 'BOOKMARK' || !isObject(value.object)) return value
    const meta = { ...(value.object.metadata as Json), resourceVersion: '<rv>' }
    return { ...value, object: { ...value.object, metadata: meta } }
  }

  return {
    normalize(answer, step) {
      const headers: Record<string, string> = {}
      for (const name of comparedHeaders) {
        const value = answer.headers[name]
        if (value !== undefined) headers[name] = text(String(value), `${step} header`)
      }
      const body = answer.body.toString()
      const type = String(answer.headers['content-type'] ?? '')
      if (answer.error) return { status: answer.status, headers, body: `no answer: ${answer.error}` }
      if (type.includes('protobuf') || type.includes('cbor'))
        return { status: answer.status, headers, body: `<${type}>` }
      const parsed = parse(body, type)
      const value = Array.isArray(parsed) ? parsed.map(event) : parsed
      return { status: answer.status, headers, body: walk(value, '', `${step}`) }
    },
  }
}
