/** What the bookkeeping of one write is told about its kind: types and conversions of its versions, and what the write cannot change. */
import { type FieldSet, setOfPaths, union } from './field-set.js'
import type { MergeType } from './merge-type.js'
import { fieldElement } from './path-element.js'

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
  readonly ignored: FieldSet
  /** Another version of the kind; undefined when it is not served, and its managers are forgotten. */
  version(apiVersion: string): MergeVersion | undefined
}

/** Never owned by anybody: type, identity, and what the server counts. */
export const unmanagedFields: FieldSet = setOfPaths(
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
  ].map(path => path.split('.').map(fieldElement)),
)

/** The set to ignore at an endpoint that resets these dotted paths. */
export const ignoredFields = (resetPaths: readonly string[]): FieldSet =>
  union(unmanagedFields, setOfPaths(resetPaths.map(path => path.split('.').map(fieldElement))))
