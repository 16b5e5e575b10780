/** Which part of an object a write may change: all but the status for the object itself, the named paths for a subresource. */

import { cloneJson } from '../machinery/clone.js'
import type { AnyKind, UpdateCheck, ViewSubresource } from '../machinery/kind.js'
import type { AnyObject } from '../machinery/object-meta.js'
import { getPath, setPath } from '../machinery/paths.js'

export interface WrittenView {
  /** As hooks of the kind are told. */
  subresource: string
  /** Paths that are taken from the new object; undefined: everything but `keeps`. */
  writes?: readonly string[]
  /** Paths that stay as they are stored. */
  keeps: readonly string[]
  /** Labels, annotations, finalizers and owners may change too. */
  writesMetadata: boolean
  prepares: boolean
  bumpsGeneration: boolean
  validates: boolean
  warns: boolean
  /** Checks of the subresource; the object's own run for the object itself. */
  validateUpdate?: ViewSubresource<AnyObject>['validateUpdate']
  /** The kind's checks of the subresource leave metadata to those of all kinds. */
  skipsMetadata?: boolean
  updateChecks?: readonly UpdateCheck[]
}

const whole = { writesMetadata: true, prepares: true, bumpsGeneration: true, validates: true, warns: true }

const remembered = new WeakMap<AnyKind, Map<string, WrittenView>>()

/** Worked out once a kind and subresource: every update asks. */
export function viewOf(kind: AnyKind, subresource: string): WrittenView {
  let ofKind = remembered.get(kind)
  if (!ofKind) remembered.set(kind, (ofKind = new Map()))
  let view = ofKind.get(subresource)
  if (!view) ofKind.set(subresource, (view = newView(kind, subresource)))
  return view
}

/** Writes of `scale` are writes of the object. Subresources that are no view (`binding`) write whatever their server decided. */
function newView(kind: AnyKind, subresource: string): WrittenView {
  const { status, views } = kind.subresources
  const keepsStatus = status && !kind.strategy.keepStatusOnUpdate
  if (subresource === '' || subresource === 'scale')
    return { ...whole, subresource: '', keeps: keepsStatus ? ['status'] : [] }
  if (subresource === 'status') {
    const { writes = ['status'], validateUpdate, skipsMetadata = false, updateChecks } = status ?? {}
    return {
      ...whole,
      subresource,
      writes,
      keeps: [],
      bumpsGeneration: false,
      warns: false,
      validateUpdate,
      skipsMetadata,
      updateChecks,
    }
  }
  const view = views?.[subresource]
  if (!view)
    return { ...whole, subresource, keeps: [], prepares: false, bumpsGeneration: false, validates: false, warns: false }
  const { writes, validateUpdate, updateChecks } = view
  return {
    ...whole,
    subresource,
    writes,
    keeps: [],
    writesMetadata: writesMetadataOf(subresource),
    warns: false,
    validateUpdate,
    updateChecks,
  }
}

/** Upstream lets `ephemeralcontainers` and `resize` change nothing but what they are about. */
const writesMetadataOf = (subresource: string): boolean =>
  subresource !== 'ephemeralcontainers' && subresource !== 'resize'

/** Puts back what the write may not change. */
export function keepOutsideView(view: WrittenView, object: AnyObject, old: AnyObject): void {
  if (view.writes) takeOnly(view.writes, object, old)
  for (const path of view.keeps) setPath(object, path, cloneJson(getPath(old, path)))
  if (view.writesMetadata) return
  const { resourceVersion, managedFields } = object.metadata
  object.metadata = { ...cloneJson(old.metadata), resourceVersion, managedFields }
}

function takeOnly(paths: readonly string[], object: AnyObject, old: AnyObject): void {
  const wanted = paths.map(path => ({ path, value: getPath(object, path) }))
  for (const field of Object.keys(object)) if (field !== 'metadata') delete object[field]
  for (const [field, value] of Object.entries(old)) if (field !== 'metadata') object[field] = cloneJson(value)
  for (const { path, value } of wanted) if (!path.startsWith('metadata')) setPath(object, path, value)
}
