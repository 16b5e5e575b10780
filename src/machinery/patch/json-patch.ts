/** JSON patch (RFC 6902) with upstream's leniency: negative indexes, `replace` of what is absent. */
import { isDeepStrictEqual } from 'node:util'
import fastJsonPatch, { type Operation } from 'fast-json-patch'
import { cloneJson } from '../clone.js'
import { stringifyJson } from '../json/stringify.js'
import { badRequest, StatusError } from '../status-error.js'
import { goTypeOf } from './go-format.js'
import { arrayIndex, joinPointer, splitPointer } from './json-pointer.js'
import { unprocessablePatch } from './patch-error.js'

/** More than this is refused with a 413. */
export const maxOperations = 10_000

/** What all copies of a patch may add, in bytes of JSON: upstream's figure. Without it each copy could double the document. */
const maxCopiedBytes = 3 * 1024 * 1024

interface PatchOperation {
  op?: unknown
  path?: unknown
  from?: unknown
  value?: unknown
}

type Container = Record<string, unknown> | unknown[]

const isContainer = (value: unknown): value is Container => typeof value === 'object' && value !== null

/** Where an operation acts: `step` is a key of an object, an index of an array, or `-` for its end. */
interface Place {
  container: Container
  step: string | number
  path: string
}

/** A document that is copied only along the paths that change. */
class PatchedDocument {
  /** Containers that belong to the copy. */
  private readonly owned = new Set<Container>()
  private copied = 0

  constructor(public root: unknown) {}

  /** Finds the container of a pointer's end, copying what leads to it. Fails as upstream does when a step is missing. */
  find(pointer: string, adding: boolean): Place {
    const split = splitPointer(pointer)
    if (!split || !isContainer(this.root)) throw unprocessablePatch()
    let container = (this.root = this.own(this.root))
    const steps: (string | number)[] = []
    for (const parent of split.parents) {
      const step = this.stepOf(container, parent, false)
      const next = Reflect.get(container, step) as unknown
      if (!isContainer(next) || !Object.hasOwn(container, step)) throw unprocessablePatch()
      const copy = this.own(next)
      define(container, step, copy)
      container = copy
      steps.push(step)
    }
    const step = this.stepOf(container, split.key, adding)
    return { container, step, path: joinPointer([...steps, step]) }
  }

  /** A copy that shares nothing with the value, as long as there is room for it. */
  copyOf(value: unknown): unknown {
    this.copied += Buffer.byteLength(stringifyJson(value))
    if (this.copied > maxCopiedBytes) throw unprocessablePatch()
    return cloneJson(value)
  }

  /** An array has one place more when something is added. */
  private stepOf(container: Container, step: string, adding: boolean): string | number {
    if (!Array.isArray(container)) return step
    if (adding && step === '-') return '-'
    const index = arrayIndex(step, container.length + (adding ? 1 : 0))
    if (index === undefined) throw unprocessablePatch()
    return index
  }

  private own(container: Container): Container {
    if (this.owned.has(container)) return container
    const copy = Array.isArray(container) ? [...container] : { ...container }
    this.owned.add(copy)
    return copy
  }
}

/** `__proto__` is a field like any other. */
function define(container: Container, step: string | number, value: unknown): void {
  Object.defineProperty(container, step, { value, enumerable: true, configurable: true, writable: true })
}

const read = ({ container, step }: Place): unknown =>
  Object.hasOwn(container, step) ? (Reflect.get(container, step) as unknown) : undefined

const pointerOf = (value: unknown): string => {
  if (typeof value !== 'string') throw unprocessablePatch()
  return value
}

/** Upstream replaces the whole document by an object or an array, and takes a missing key for a new one. */
function replace(document: PatchedDocument, path: string, value: unknown): Operation | undefined {
  if (path === '') {
    // Anything else is no document, which upstream overlooks.
    if (isContainer(value)) document.root = value
    return undefined
  }
  const place = document.find(path, false)
  const absent = !Array.isArray(place.container) && !Object.hasOwn(place.container, place.step)
  return { op: absent ? 'add' : 'replace', path: place.path, value: value ?? null }
}

function remove(document: PatchedDocument, path: string): Operation {
  const place = document.find(path, false)
  if (!Object.hasOwn(place.container, place.step)) throw unprocessablePatch()
  return { op: 'remove', path: place.path }
}

/** What stands at `from`, put to `path`; a copy shares nothing with its source. */
function transfer(document: PatchedDocument, operation: PatchOperation): Operation {
  const source = document.find(pointerOf(operation.from), false)
  const value = read(source) ?? null
  if (operation.op === 'copy') {
    return { op: 'add', path: document.find(pointerOf(operation.path), true).path, value: document.copyOf(value) }
  }
  apply(document, remove(document, pointerOf(operation.from)))
  return { op: 'add', path: document.find(pointerOf(operation.path), true).path, value }
}

function check(document: PatchedDocument, path: string, value: unknown): Operation | undefined {
  if (path === '') return { op: 'test', path, value }
  const place = document.find(path, false)
  const actual = read(place) ?? null
  if (actual !== null || (value ?? null) !== null) return { op: 'test', path: place.path, value: value ?? null }
  // Upstream takes what is absent for null.
  return undefined
}

/** The same operation in the terms of RFC 6902, its path resolved; undefined when nothing is left to do. */
function resolve(document: PatchedDocument, operation: PatchOperation): Operation | undefined {
  switch (operation.op) {
    case 'add': {
      const { path } = document.find(pointerOf(operation.path), true)
      return { op: 'add', path, value: cloneJson(operation.value ?? null) }
    }
    case 'replace':
      return replace(document, pointerOf(operation.path), cloneJson(operation.value))
    case 'remove':
      return remove(document, pointerOf(operation.path))
    case 'move':
    case 'copy':
      return transfer(document, operation)
    case 'test':
      return check(document, pointerOf(operation.path), operation.value)
    default:
      throw unprocessablePatch()
  }
}

/** The library refuses fields of this name, which upstream knows nothing special about. */
function applyToPrototypeField(document: PatchedDocument, operation: Operation): void {
  const { container, step } = document.find(operation.path, operation.op === 'add')
  if (operation.op === 'remove') Reflect.deleteProperty(container, step)
  else if (operation.op === 'test') {
    if (!isDeepStrictEqual(Reflect.get(container, step), operation.value)) throw unprocessablePatch()
  } else if ('value' in operation && Array.isArray(container) && operation.op === 'add')
    container.splice(step === '-' ? container.length : Number(step), 0, operation.value)
  else if ('value' in operation) define(container, step, operation.value)
}

function apply(document: PatchedDocument, operation: Operation): void {
  if (operation.path.split('/').includes('__proto__')) applyToPrototypeField(document, operation)
  else document.root = fastJsonPatch.applyOperation(document.root, operation, false, true).newDocument
}

/** Whoever wants unknown fields ignored has the patch read by the library alone, which says it in other words. */
export type PatchReading = 'strict' | 'lenient'

const wording = {
  strict: { prefix: 'error decoding patch: ', list: '[]handlers.jsonPatchOp', item: 'handlers.jsonPatchOp' },
  lenient: { prefix: '', list: 'jsonpatch.Patch', item: 'jsonpatch.Operation' },
} as const

function operationsOf(patch: unknown, reading: PatchReading): PatchOperation[] {
  const { prefix, list, item } = wording[reading]
  const fail = (value: string, type: string) =>
    badRequest(`${prefix}json: cannot unmarshal ${value} into Go value of type ${type}`)
  const kind = (value: unknown) => {
    const type = goTypeOf(value)
    if (type.startsWith('map')) return 'object'
    return type.startsWith('[]') ? 'array' : type === 'int64' || type === 'float64' ? 'number' : type
  }
  if (patch === null) return []
  if (!Array.isArray(patch)) throw fail(kind(patch), list)
  for (const operation of patch) {
    if (operation === null) continue
    if (!isContainer(operation) || Array.isArray(operation)) throw fail(kind(operation), item)
    if (reading === 'lenient') continue
    for (const name of ['op', 'path', 'from']) {
      const value = (operation as Record<string, unknown>)[name]
      if (value === undefined || value === null || typeof value === 'string') continue
      const field = `Go struct field jsonPatchOp.${name} of type string`
      throw badRequest(`error decoding patch: json: cannot unmarshal ${kind(value)} into ${field}`)
    }
  }
  return patch.map(operation => (operation ?? {}) as PatchOperation)
}

/** Strict errors of the patch itself: `json patch unknown field "[0].foo"`. */
export function jsonPatchStrictErrors(patch: unknown): string[] {
  const known = ['op', 'path', 'from', 'value']
  return operationsOf(patch, 'strict').flatMap((operation, i) =>
    Object.keys(operation)
      .filter(name => !known.includes(name))
      .map(name => `json patch unknown field ${JSON.stringify(`[${i}].${name}`)}`),
  )
}

/**
 * Applies all operations or throws: a 400 for what is no patch, a 413 for too many operations, a 422 for one that does not
 * apply or a test that fails. `current` stays as it is; the result shares what did not change, and owns what the patch brought.
 */
export function applyJsonPatch(current: unknown, patch: unknown, reading: PatchReading = 'strict'): unknown {
  const operations = operationsOf(patch, reading)
  if (operations.length > maxOperations) {
    const limit = `The allowed maximum operations in a JSON patch is ${maxOperations}, got ${operations.length}`
    throw new StatusError(413, 'RequestEntityTooLarge', `Request entity too large: ${limit}`)
  }
  const document = new PatchedDocument(current)
  for (const operation of operations) {
    const resolved = resolve(document, operation)
    if (!resolved) continue
    try {
      apply(document, resolved)
    } catch (error) {
      if (error instanceof Error && !(error instanceof StatusError)) throw unprocessablePatch()
      throw error
    }
  }
  return document.root
}
