/** patch: JSON, merge and strategic merge, on the object as it is stored. */

import { cloneJson } from '../../machinery/clone.js'
import type { AnyObject } from '../../machinery/object-meta.js'
import { applyJsonPatch } from '../../machinery/patch/json-patch.js'
import { applyMergePatch } from '../../machinery/patch/merge-patch.js'
import { applyStrategicMergePatch } from '../../machinery/patch/strategic-merge-patch.js'
import { DecodeError } from '../../machinery/schema/decode-error.js'
import { conflict, notFound, type StatusError } from '../../machinery/status-error.js'
import type { Transform } from '../../registry/rest.js'
import { appliedTo, applyPatchType, readConfiguration, unsupportedPatchType } from './apply.js'
import {
  type Call,
  ensureName,
  ensureNamespace,
  keyOf,
  namespaceOf,
  nameUndeterminable,
  type WriteContext,
  writeScope,
} from './call.js'
import { applyDefaults, type BodyType, decodeAs, decodeUntyped, patchedMisfit } from './decode-body.js'
import { trackWrite } from './field-manager.js'
import { checkWriteOptions } from './options.js'
import { type Outcome, patchReadingOf, type VerbRequest } from './outcome.js'
import { invalidPatch, reportPatchErrors, undecodablePatch, withoutUnmatchedNulls } from './patch-errors.js'
import { scaleType, writeScale } from './scale.js'

// A lost race patches again, and defaults are filled into what the patch brought: hence the copies.
function applyPatch(context: WriteContext, type: BodyType, current: AnyObject, request: VerbRequest): unknown {
  const { patchType, body } = request
  switch (patchType) {
    case 'application/json-patch+json':
      return applyJsonPatch(current, body, patchReadingOf(request))
    case 'application/merge-patch+json':
      return applyMergePatch(current, cloneJson(body), patchReadingOf(request))
    case 'application/strategic-merge-patch+json':
      if (type.custom) throw unsupportedPatchType()
      return applyStrategicMergePatch(context.schemas, type.schema, current, cloneJson(body))
    default:
      throw unsupportedPatchType()
  }
}

/**
 * Upstream reads a document without a version as its internal type, whose fields have other names: it finds nothing it knows, not
 * even the name.
 */
function unversioned(request: VerbRequest, document: object): StatusError {
  const unknown = Object.keys(document).filter(name => name !== 'kind' && name !== 'apiVersion')
  reportPatchErrors(
    request,
    document,
    unknown.map(name => `unknown field ${JSON.stringify(name)}`),
  )
  return nameUndeterminable(request.name ?? '')
}

interface Patched {
  object: AnyObject
  /** What it was decoded from. */
  document: unknown
}

/** The patched object, decoded and defaulted. */
function patched(context: WriteContext, type: BodyType, current: AnyObject, request: VerbRequest): Patched {
  const document = applyPatch(context, type, current, request)
  // A strategic merge yields an object of the type whatever the document calls itself.
  const isTyped = request.patchType === 'application/strategic-merge-patch+json'
  const misfit = isTyped ? undefined : patchedMisfit(context.schemas, type, document)
  if (misfit) throw invalidPatch(request, document, misfit)
  if (!isTyped && !type.custom && !(document as AnyObject).apiVersion) throw unversioned(request, document as object)
  try {
    const { object, errors } = isTyped
      ? decodeUntyped(context.schemas, type, document)
      : decodeAs(context.schemas, type, document, request.bodyFractions)
    reportPatchErrors(request, document, errors)
    applyDefaults(context.schemas, type, object)
    return { object, document }
  } catch (error) {
    if (error instanceof DecodeError) {
      const body = isTyped ? withoutUnmatchedNulls(current, request.body) : request.body
      throw undecodablePatch({ ...request, body }, document, error)
    }
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
