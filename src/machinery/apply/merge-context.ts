/** What the bookkeeping of one write is told about its kind: types and conversions of its versions, and what the write cannot change. */
import { difference, type FieldSet, setOfPaths, union } from './field-set.js'
import type { MergeType } from './merge-type.js'
import { fieldElement } from './path-element.js'
import type { SetTable } from './set-text.js'

export interface MergeVersion {
  readonly type: MergeType
  /** The object as this version shows it; `object` is in the version of the request and stays as it is. */
  fromRequested(object: Fields): Fields
  toRequested(object: Fields): Fields
}

type Fields = Record<string, unknown>

export interface MergeContext {
  /** Of the request: `apps/v1`. */
  readonly apiVersion: string
  readonly kind: string
  readonly type: MergeType
  /** Paths that the endpoint resets, with all below them: nobody comes to own them by this write. */
  readonly reset: FieldSet
  /** Those, and what nobody ever owns. */
  readonly ignored: FieldSet
  /** Top-level fields that are in `reset` as a whole. */
  readonly resetFields: readonly string[]
  /** What managers of this kind's objects own: few different sets. */
  readonly sets: SetTable
  /** Another version of the kind; undefined when it is not served, and its managers are forgotten. */
  version(apiVersion: string): MergeVersion | undefined
}

const pathOf = (path: string) => path.split('.').map(fieldElement)

/** Never owned by anybody: type, identity, and what the server counts. */
const unmanagedFields: FieldSet = setOfPaths(
  [
    'apiVersion',
    'kind',
    'metadata.name',
    'metadata.namespace',
    'metadata.creationTimestamp',
    'metadata.selfLink',
    'metadata.uid',
    'metadata.clusterName',
    'metadata.generation',
    'metadata.managedFields',
    'metadata.resourceVersion',
  ].map(pathOf),
)

/** As above, and `metadata` by itself. */
const stripped = union(unmanagedFields, setOfPaths([pathOf('metadata')]))

/** What a manager may keep of what it wrote. */
export const withoutUnmanaged = (set: FieldSet): FieldSet => difference(set, stripped)

/** The sets of an endpoint that resets these dotted paths. */
export function resetSets(resetPaths: readonly string[]): Pick<MergeContext, 'reset' | 'ignored' | 'resetFields'> {
  const reset = setOfPaths(resetPaths.map(pathOf))
  return { reset, ignored: union(unmanagedFields, reset), resetFields: resetPaths.filter(path => !path.includes('.')) }
}
