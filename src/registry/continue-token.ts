/** The continue token of paged lists, in upstream's form: base64url of `{"v":"meta.k8s.io/v1","rv":42,"start":"/web\u0000"}`. */
import { JsonSyntaxError, parseJson } from '../machinery/json/parse.js'
import { badRequest, gone, type StatusError } from '../machinery/status-error.js'
import { base64Flaw } from './base64-flaw.js'

export interface ContinueToken {
  /** Snapshot to go on with; undefined: the newest, after the snapshot was lost. */
  revision: number | undefined
  /** Last key of the page before. */
  after: string
}

const version = 'meta.k8s.io/v1'
/** Revision that stands for "whatever is newest". */
const newest = -1

function encode(start: string, revision: number): string {
  // Go escapes NUL as JSON.stringify does.
  return Buffer.from(JSON.stringify({ v: version, rv: revision, start: `${start}\0` })).toString('base64url')
}

/** `prefix` is that of the list, namespace included. The slash between it and the key is kept, as upstream's cache does. */
export const encodeContinue = (after: string, prefix: string, revision: number): string =>
  encode(after.slice(prefix.length - 1), revision)

const invalidToken = (why: string) => badRequest(`invalid continue token: continue key is not valid${why}`)

interface Token {
  v: string
  rv: number
  start: string
}

const types = { v: 'string', rv: 'number', start: 'string' } as const
const goTypes = { v: 'string', rv: 'int64', start: 'string' } as const
const goKind = (value: unknown) => (Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value)

function checkField(name: keyof Token, value: unknown): void {
  const fits = typeof value === types[name] && (typeof value !== 'number' || Number.isInteger(value))
  if (fits) return
  const shown = typeof value === 'number' && name === 'rv' ? `number ${value}` : goKind(value)
  throw invalidToken(
    `: json: cannot unmarshal ${shown} into Go struct field continueToken.${name} of type ${goTypes[name]}`,
  )
}

function parse(text: string): unknown {
  const flaw = base64Flaw(text)
  if (flaw !== undefined) throw invalidToken(`: illegal base64 data at input byte ${flaw}`)
  try {
    return parseJson(Buffer.from(text, 'base64url')).value
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw invalidToken(`: ${error.message}`)
    throw error
  }
}

/** As Go reads it: fields by name whatever their case, null as if it were absent. */
function parseToken(text: string): Token {
  const document = parse(text)
  const token: Token = { v: '', rv: 0, start: '' }
  if (document === null) return token
  if (typeof document !== 'object' || Array.isArray(document))
    throw invalidToken(`: json: cannot unmarshal ${goKind(document)} into Go value of type storage.continueToken`)
  for (const [key, value] of Object.entries(document)) {
    const name = key.toLowerCase()
    if (!Object.hasOwn(types, name) || value === null) continue
    checkField(name as keyof Token, value)
    Object.assign(token, { [name]: value })
  }
  return token
}

/** Throws upstream's 400 for a token that is not one, or that points out of the prefix. */
export function decodeContinue(text: string, prefix: string): ContinueToken {
  const { v, rv, start } = parseToken(text)
  if (v !== version) throw invalidToken(`: server does not recognize this encoded version ${v}`)
  if (rv === 0) throw invalidToken(': incorrect encoded start resourceVersion (version meta.k8s.io/v1)')
  if (!start) throw invalidToken(': encoded start key empty (version meta.k8s.io/v1)')
  const key = start.startsWith('/') ? start.slice(1) : start
  if (key.split('/').some(part => part === '' || part === '.' || part === '..')) throw invalidToken(`: ${start}`)
  // Go on behind a key whatever comes: `start` is that key with a NUL, the next possible key.
  const after = prefix + (key.endsWith('\0') ? key.slice(0, -1) : key)
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
  Object.assign(error.status.metadata, { continue: encode(after.slice(prefix.length), newest) })
  return error
}
