/** Metadata that the server owns: set on create, kept on update. */

import { semanticEqual } from '../apis/validation/semantic-equal.js'
import { formatTime } from '../machinery/clock.js'
import type { AnyKind } from '../machinery/kind.js'
import { type NameRule, nameIsDnsSubdomain } from '../machinery/name-rules.js'
import type { AnyObject, ObjectMeta } from '../machinery/object-meta.js'
import { getPath } from '../machinery/paths.js'
import { isGivenEmpty } from '../machinery/schema/given-empty.js'
import { badRequest } from '../machinery/status-error.js'
import { newUid } from './generate-name.js'
import type { StoreContext } from './store-context.js'

/** A decoded object carries its type; one made in process may not. */
export function setType(kind: AnyKind, object: AnyObject): void {
  object.kind = kind.kind
  object.apiVersion = kind.apiVersion
}

/** Identity and birth of a new object; whatever the client said of them, and of a deletion, is dropped. */
export function fillSystemFields(context: StoreContext, metadata: ObjectMeta): void {
  if (metadata.deletionTimestamp !== undefined) delete metadata.deletionTimestamp
  if (metadata.deletionGracePeriodSeconds !== undefined) delete metadata.deletionGracePeriodSeconds
  if (metadata.selfLink !== undefined) delete metadata.selfLink
  metadata.creationTimestamp = formatTime(context.now())
  metadata.uid = newUid(context.options.random)
}

/** The request's namespace where the object has none; another one is refused. */
export function ensureNamespace(kind: AnyKind, metadata: ObjectMeta, namespace: string | undefined): void {
  if (kind.scope === 'Cluster') {
    delete metadata.namespace
    return
  }
  metadata.namespace ||= namespace
  if (metadata.namespace !== namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
}

/** Paths whose change raises metadata.generation; none where the kind has no generation. */
export function generationPaths(kind: AnyKind, object: AnyObject): readonly string[] {
  return kind.strategy.bumpGenerationOn ?? (object.spec === undefined ? [] : ['spec'])
}

/** Raises the generation when something that controllers act upon has changed. */
export function bumpGeneration(kind: AnyKind, object: AnyObject, old: AnyObject): void {
  const isNew = (path: string) => !!kind.strategy.bumpGenerationOnEmpty && isGivenEmpty(object, path)
  const changed = generationPaths(kind, object).some(
    path => !semanticEqual(getPath(object, path), getPath(old, path)) || isNew(path),
  )
  if (changed) object.metadata.generation = (old.metadata.generation ?? 0) + 1
}

/** What an update cannot change by itself; validation refuses what contradicts the rest. */
export function keepSystemFields(metadata: ObjectMeta, old: ObjectMeta): void {
  delete metadata.selfLink
  metadata.uid ||= old.uid
  if (old.creationTimestamp) metadata.creationTimestamp = old.creationTimestamp
  if (old.deletionTimestamp) metadata.deletionTimestamp = old.deletionTimestamp
  if (old.deletionGracePeriodSeconds !== undefined)
    metadata.deletionGracePeriodSeconds ??= old.deletionGracePeriodSeconds
}

/** How the object may be called. */
export function nameRuleOf({ strategy: { validateName } }: AnyKind, object: AnyObject): NameRule {
  return validateName ? (name, prefix) => validateName(name, prefix, object) : nameIsDnsSubdomain
}
