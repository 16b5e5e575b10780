/** patch: JSON, merge and strategic merge, on the object as it is stored. */

import { cloneJson } from '../../machinery/clone.js'
import { invalid } from '../../machinery/field-error.js'
import { stringifyJson } from '../../machinery/json/stringify.js'
import type { AnyObject } from '../../machinery/object-meta.js'
import { applyJsonPatch, jsonPatchStrictErrors } from '../../machinery/patch/json-patch.js'
import { applyMergePatch } from '../../machinery/patch/merge-patch.js'
import { applyStrategicMergePatch } from '../../machinery/patch/strategic-merge-patch.js'
import { DecodeError, strictDecodingError } from '../../machinery/schema/decode-error.js'
import { conflict, invalidObject, notFound, type StatusError } from '../../machinery/status-error.js'
import type { Transform } from '../../registry/rest.js'
import { appliedTo, applyPatchType, readConfiguration, unsupportedPatchType } from './apply.js'
import { type Call, ensureName, ensureNamespace, keyOf, namespaceOf, type WriteContext, writeScope } from './call.js'
import { applyDefaults, type BodyType, decodeAs, patchedMisfit } from './decode-body.js'
import { trackWrite } from './field-manager.js'
import { checkWriteOptions } from './options.js'
import type { Outcome, VerbRequest } from './outcome.js'
import { scaleType, writeScale } from './scale.js'

// A lost race patches again, and defaults are filled into what the patch brought: hence the copies.
function applyPatch(
  context: WriteContext,
  type: BodyType,
  current: AnyObject,
  { patchType, body }: VerbRequest,
): unknown {
  switch (patchType) {
    case 'application/json-patch+json':
      return applyJsonPatch(current, body)
    case 'application/merge-patch+json':
      return applyMergePatch(current, cloneJson(body))
    case 'application/strategic-merge-patch+json':
      return applyStrategicMergePatch(context.schemas, type.schema, current, cloneJson(body))
    default:
      throw unsupportedPatchType()
  }
}

// Upstream names neither kind nor object here, and shows the whole patched document.
function patchedInvalid(patched: unknown, why: string): StatusError {
  const shown = isObject(patched) ? Object.fromEntries(Object.entries(patched).sort(byKey)) : patched
  return invalidObject({ group: '', kind: '' }, '', [invalid('patch', stringifyJson(shown), why)])
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const byKey = ([a]: [string, unknown], [b]: [string, unknown]) => (a < b ? -1 : 1)

interface Patched {
  object: AnyObject
  /** What it was decoded from. */
  document: unknown
}

/** The patched object, decoded and defaulted. */
function patched(context: WriteContext, type: BodyType, current: AnyObject, request: VerbRequest): Patched {
  const document = applyPatch(context, type, current, request)
  const misfit = patchedMisfit(context.schemas, type, document)
  if (misfit) throw patchedInvalid(document, misfit)
  const { write, bodyErrors = [] } = request
  try {
    const { object, errors } = decodeAs(context.schemas, type, document)
    const ofPatch = request.patchType === 'application/json-patch+json' ? jsonPatchStrictErrors(request.body) : []
    const strict = [...ofPatch, ...bodyErrors, ...errors]
    if (strict.length && write?.fieldValidation === 'Strict')
      throw patchedInvalid(document, strictDecodingError(strict).message)
    if (write?.fieldValidation === 'Warn') for (const error of strict) request.warn?.(error)
    applyDefaults(context.schemas, type, object)
    return { object, document }
  } catch (error) {
    if (error instanceof DecodeError) throw patchedInvalid(document, error.message)
    throw error
  }
}

/** Also of the subresources that are views of the object. */
export async function patch(call: Call, context: WriteContext): Promise<Outcome> {
  const { request, rest, kind } = call
  checkWriteOptions(request.write ?? {}, 'PatchOptions', request.patchType)
  const transform = request.patchType === applyPatchType ? await applying(call, context) : patching(call, context)
  const { stored, created } = await rest.update(keyOf(call), transform, writeScope(call, context))
  return { type: 'stored', code: created ? 201 : 200, stored, kind }
}

function patching(call: Call, context: WriteContext): Transform {
  const { request, kind } = call
  const name = request.name ?? ''
  // Warnings are those of the first try: later ones say the same.
  let warn = request.warn
  return (current, live) => {
    if (!current) throw notFound(kind, name)
    const told = { ...request, ...(warn ? { warn } : { warn: undefined }) }
    const { object, document } = patched(context, kind, current, told)
    warn = undefined
    trackWrite(context, { kind, request, live, object, document })
    ensureNamespace(object, namespaceOf(call))
    ensureName(object, name)
    return object
  }
}

/** Alone among patches, it may create. */
async function applying(call: Call, context: WriteContext): Promise<Transform> {
  const { request, kind } = call
  const name = request.name ?? ''
  const configuration = await readConfiguration(request)
  return current => {
    if (!current && request.subresource) throw notFound(kind, name)
    const object = appliedTo(context, { kind, request, configuration }, current)
    if (!current && object.metadata.uid) throw conflict(kind, name, uidWithoutObject(object.metadata.uid))
    ensureNamespace(object, namespaceOf(call))
    ensureName(object, name)
    return object
  }
}

const uidWithoutObject = (uid: string) =>
  `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`

export async function patchScale(call: Call, context: WriteContext): Promise<Outcome> {
  const { request } = call
  checkWriteOptions(request.write ?? {}, 'PatchOptions', request.patchType)
  if (request.patchType !== applyPatchType)
    return writeScale(call, context, (scale, live) => {
      const { object, document } = patched(context, scaleType, scale, request)
      trackWrite(context, { kind: scaleType, request, live, object, document })
      return object
    })
  const configuration = await readConfiguration(request)
  return writeScale(call, context, scale => appliedTo(context, { kind: scaleType, request, configuration }, scale))
}
