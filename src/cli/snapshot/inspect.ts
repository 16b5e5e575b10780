/** `snapshot inspect`: what a store or a snapshot holds, by resource, or one object of it. */
import { isEncrypted } from '../../storage/encryption/identity.js'
import type { Stored } from '../../storage/storage.js'
import { UserError } from '../user-error.js'
import type { StoreState } from './state.js'

const prefix = '/registry/'

/** What stands before the last part of the key, or the last two where there is a namespace. */
function resourceOf({ key, bytes }: Stored): string {
  const parts = key.slice(prefix.length).split('/')
  const namespace = /"namespace":"([^"]+)"/.exec(Buffer.from(bytes).toString('latin1'))?.[1]
  return parts.slice(0, namespace && parts.at(-2) === namespace ? -2 : -1).join('/')
}

const shownBytes = (bytes: number): string =>
  bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`

/** A line for each resource, biggest first. */
export function describeState({ tree, revision, leftOut }: StoreState): string {
  const totals = new Map<string, { objects: number; bytes: number }>()
  let bytes = 0
  for (const stored of tree.values()) {
    const resource = resourceOf(stored)
    const total = totals.get(resource) ?? { objects: 0, bytes: 0 }
    totals.set(resource, total)
    total.objects++
    total.bytes += stored.bytes.length
    bytes += stored.bytes.length
  }
  const rows = [...totals].sort(([, a], [, b]) => b.bytes - a.bytes)
  const width = Math.max(8, ...rows.map(([name]) => name.length))
  return [
    `revision ${revision}, ${tree.size} objects, ${shownBytes(bytes)}${leftOut ? `; an unfinished write of ${leftOut} bytes` : ''}`,
    `${'RESOURCE'.padEnd(width)}  OBJECTS  SIZE`,
    ...rows.map(
      ([name, total]) => `${name.padEnd(width)}  ${String(total.objects).padStart(7)}  ${shownBytes(total.bytes)}`,
    ),
  ].join('\n')
}

/** The keys that begin so, a line each. */
export function listKeys({ tree }: StoreState, start: string): string {
  const full = start.startsWith(prefix) ? start : prefix + start.replace(/^\//, '')
  const keys: string[] = []
  for (const { key } of tree.values()) if (key.startsWith(full)) keys.push(key)
  return keys.join('\n')
}

/** The object of a key, as JSON. Throws UserError where there is none. */
export function showObject({ tree }: StoreState, key: string): string {
  const full = key.startsWith(prefix) ? key : prefix + key.replace(/^\//, '')
  const stored = tree.get(full)
  if (!stored) throw new UserError(`there is no ${full}; --keys lists what there is`)
  if (isEncrypted(stored.bytes))
    throw new UserError(`${full} is encrypted: \`minik8s snapshot serve\` with --encryption-provider-config shows it`)
  return `${Buffer.from(stored.bytes).toString()}\n# written at revision ${stored.modRevision}, made at ${stored.createRevision}`
}
