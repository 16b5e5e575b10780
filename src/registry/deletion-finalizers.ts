/** The finalizers by which a deletion asks the garbage collector to orphan dependents, or to delete them first. */
import type { AnyKind } from '../machinery/kind.js'
import type { ObjectMeta } from '../machinery/object-meta.js'
import type { DeleteOptions } from '../machinery/request.js'

export const orphanFinalizer = 'orphan'
export const foregroundFinalizer = 'foregroundDeletion'

/** Options win over finalizers that are there, those over the kind's default. */
function wantsOrphans(kind: AnyKind, finalizers: readonly string[], options: DeleteOptions): boolean {
  if (options.orphanDependents !== undefined) return options.orphanDependents
  if (options.propagationPolicy) return options.propagationPolicy === 'Orphan'
  const found = finalizers.find(name => name === orphanFinalizer || name === foregroundFinalizer)
  if (found) return found === orphanFinalizer
  return kind.strategy.defaultDeletion === 'orphan'
}

function wantsForeground(finalizers: readonly string[], options: DeleteOptions): boolean {
  if (options.orphanDependents !== undefined) return false
  if (options.propagationPolicy) return options.propagationPolicy === 'Foreground'
  return finalizers.find(name => name === orphanFinalizer || name === foregroundFinalizer) === foregroundFinalizer
}

/** The finalizers the object should have once its deletion begins; undefined when it has them already. */
export function deletionFinalizers(kind: AnyKind, meta: ObjectMeta, options: DeleteOptions): string[] | undefined {
  const old = meta.finalizers ?? []
  const wanted = old.filter(name => name !== orphanFinalizer && name !== foregroundFinalizer)
  if (kind.strategy.defaultDeletion !== 'none') {
    if (wantsOrphans(kind, old, options)) wanted.push(orphanFinalizer)
    if (wantsForeground(old, options)) wanted.push(foregroundFinalizer)
  }
  const same = wanted.length === new Set(old).size && wanted.every(name => old.includes(name))
  return same ? undefined : wanted
}
