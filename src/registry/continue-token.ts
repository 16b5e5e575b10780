/** The continue token of paged lists, in upstream's form: base64url of `{"v":"meta.k8s.io/v1","rv":42,"start":"default/web\u0000"}`. */
import { badRequest, gone, type StatusError } from '../machinery/status-error.js'

export interface ContinueToken {
  /** Snapshot to go on with; undefined: the newest, after the snapshot was lost. */
  revision: number | undefined
  /** Last key of the page before. */
  after: string
}

const version = 'meta.k8s.io/v1'
/** Revision that stands for "whatever is newest". */
const newest = -1

/** `prefix` is that of the list, namespace included. */
export function encodeContinue(after: string, prefix: string, revision: number): string {
  const token = { v: version, rv: revision, start: `${after.slice(prefix.length)}\0` }
  // Go escapes NUL as JSON.stringify does.
  return Buffer.from(JSON.stringify(token)).toString('base64url')
}

const invalidToken = (why: string) => badRequest(`invalid continue token: continue key is not valid${why}`)

function parseToken(text: string): { v?: unknown; rv?: unknown; start?: unknown } {
  if (!/^[\w-]*$/.test(text)) throw invalidToken(': illegal base64 data')
  try {
    const token = JSON.parse(Buffer.from(text, 'base64url').toString())
    if (typeof token === 'object' && token !== null) return token
  } catch {
    // Said below.
  }
  throw invalidToken(': not an encoded token')
}

/** Throws upstream's 400 for a token that is not one, or that points out of the prefix. */
export function decodeContinue(text: string, prefix: string): ContinueToken {
  const { v, rv, start } = parseToken(text)
  if (v !== version) throw invalidToken(`: server does not recognize this encoded version ${String(v ?? '')}`)
  if (typeof rv !== 'number' || rv === 0)
    throw invalidToken(': incorrect encoded start resourceVersion (version meta.k8s.io/v1)')
  if (typeof start !== 'string' || !start) throw invalidToken(': encoded start key empty (version meta.k8s.io/v1)')
  if (start.split('/').some(part => part === '' || part === '.' || part === '..')) throw invalidToken(`: ${start}`)
  // Go on behind a key whatever comes: `start` is that key with a NUL, the next possible key.
  const after = prefix + (start.endsWith('\0') ? start.slice(0, -1) : start)
  return { revision: rv > 0 ? rv : undefined, after }
}

/** 410 for a page of a snapshot that is forgotten; it carries a token that goes on with the newest state. */
export function expiredContinue(after: string, prefix: string): StatusError {
  const error = gone(
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without ' +
      'the continue parameter, or use the continue token in this response to retrieve the remainder of the results. ' +
      'Continuing with the provided token results in an inconsistent list - objects that were created, modified, or ' +
      'deleted between the time the first chunk was returned and now may show up in the list.',
  )
  Object.assign(error.status.metadata, { continue: encodeContinue(after, prefix, newest) })
  return error
}
