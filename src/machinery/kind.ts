/** What a kind is: one declaration from which the registry, discovery, printing and clients take all they need to know. */
import type { FieldError } from './field-error.js'
import type { AnyObject, KubernetesObject } from './object-meta.js'
import type { SchemaSet } from './schema/types.js'
import type { JsonSchema } from './structural/json-schema.js'

export type Scope = 'Namespaced' | 'Cluster'
export type Verb = 'create' | 'delete' | 'deletecollection' | 'get' | 'list' | 'patch' | 'update' | 'watch'

export const allVerbs: readonly Verb[] = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
]

export interface KindNames {
  /** Lower case, as in the path. */
  plural: string
  singular: string
  shortNames?: readonly string[]
  categories?: readonly string[]
}

/** Enough to address a resource: what a client needs. `Kind` is one. */
export interface KindRef<T extends KubernetesObject = KubernetesObject> {
  group: string
  version: string
  kind: string
  scope: Scope
  names: KindNames
  /** Never set: carries T for inference. */
  readonly __type?: T
}

/** Cell of a printed table, as `kubectl get` shows it. */
export type Cell = string | number | boolean | null

/** metav1.TableRowCondition. */
export interface RowCondition {
  type: string
  status: string
  reason?: string
  message?: string
}

/** One column. `type` defaults to string, `priority` 0 is always shown; `wide` is priority 1. */
export interface PrinterColumn<T> {
  name: string
  type?: 'string' | 'integer' | 'number' | 'boolean' | 'date'
  /** `name`, or whatever a definition says. */
  format?: string
  description?: string
  wide?: boolean
  /** In place of `wide`. */
  priority?: number
  /** Rows have its cell, last, yet the head does not tell of it: so it is upstream where a definition was forgotten. */
  undeclared?: boolean
  /** `now` is in milliseconds since the epoch: ages are printed by the server. */
  of(object: T, now: number): Cell
}

/** Who writes and when; handed to the hooks of a kind. */
export interface WriteContext {
  /** Milliseconds since the epoch. */
  now: number
  /** `''` for the object itself, else the subresource being written, such as `status`. */
  subresource: string
  dryRun: boolean
  /** Who writes; absent where nobody asked, such as in tests of a kind alone. */
  user?: { name: string; uid?: string; groups: readonly string[]; extra?: Readonly<Record<string, readonly string[]>> }
  /** Collects warnings for the client, also where the write is refused. */
  warn?: ((message: string) => void) | undefined
}

export interface ScaleSubresource<T> {
  /** Path of the wanted number, such as `spec.replicas`. */
  replicas: string
  /** Path of the current number, such as `status.replicas`. */
  current: string
  /** The label selector in its query form. */
  selector(object: T): string
}

/** A subresource that is a view on the stored object: reads give the object, updates change only `writes`. */
export interface ViewSubresource<T> {
  /** Top-level or nested paths the update may change, e.g. `['status']`; everything else is kept from the stored object. */
  writes: readonly string[]
  verbs?: readonly Verb[]
  /** Upstream's checks of its update do not look at metadata, which those of all kinds have seen. */
  skipsMetadata?: boolean
  /** As the kind's `updateChecks`, `change` being this `validateUpdate`; default: metaUpdate, if it is not skipped, and change. */
  updateChecks?: readonly UpdateCheck[]
  validateUpdate?(object: T, old: T, context: WriteContext): Iterable<FieldError>
}

export interface Subresources<T> {
  /** `{}` serves get, update and patch of `status`. */
  status?: Partial<ViewSubresource<T>>
  scale?: ScaleSubresource<T>
  /** Further views, e.g. `ephemeralcontainers`, `resize`, `approval`. */
  views?: Readonly<Record<string, ViewSubresource<T>>>
}

/**
 * A part of checking an update: `meta` is what a new object's metadata is checked for, `metaUpdate` what of metadata may change, `spec`
 * is `validate`, `immutable` the immutable paths, `change` is `validateUpdate`. Upstream does some of it twice, and tells each error again.
 */
export type UpdateCheck = 'meta' | 'metaUpdate' | 'spec' | 'immutable' | 'change'

/** Decides how an object of this kind goes through its life. All hooks may mutate `object`, never `old`. */
export interface Strategy<T> {
  /** Paths whose change raises metadata.generation; default `['spec']` where the kind has a spec; `[]` for none at all (then generation is never set). */
  bumpGenerationOn?: readonly string[]
  /** A list or map that is sent empty raises it too, though nothing else is stored: where upstream compares without its usual tolerance. */
  bumpGenerationOnEmpty?: boolean
  /** Runs after defaulting and mutating admission, before validation: drop what the client may not set. Status is reset by the registry when there is a status subresource. */
  prepareForCreate?(object: T, context: WriteContext): void
  prepareForUpdate?(object: T, old: T, context: WriteContext): void
  /** Runs when an object has been validated and let in: what upstream does only when it reads the object back. */
  asRead?(object: T): void
  /** A new object keeps the status its client gave it: nodes. */
  keepStatusOnCreate?: boolean
  /** A status that comes with the object replaces the stored one: service CIDRs. */
  keepStatusOnUpdate?: boolean
  /** PUT of a name that does not exist creates it. */
  allowCreateOnUpdate?: boolean
  /** Upstream stores new objects without a default that it fills in when it reads: the first update is a write though it changes nothing. */
  storesDefaultsLate?: boolean
  /** Updates without a resourceVersion are accepted; default true. */
  allowUnconditionalUpdate?: boolean
  /** Seconds between the request and the removal; undefined or 0: at once. Called with the caller's wish, if any. */
  gracePeriodSeconds?(object: T, requested: number | undefined): number | undefined
  /** Deletion propagation when neither options nor finalizers say: default `background`. `none`: whatever they say, nothing depends on it. */
  defaultDeletion?: 'background' | 'orphan' | 'none'
  /** Deletions check their preconditions before those of all kinds, with other words. */
  ownPreconditions?: boolean
  /** Said to who deletes without saying what becomes of dependents. */
  deletionWarning?: string
  /**
   * The name of a new object that has none; `base` is its generateName or `''`, `newUid` makes up a UUID. Default, also when it is undefined:
   * the base and five characters, none without a base.
   */
  makeName?(base: string, newUid: () => string): string | undefined
  /** Checks metadata.name (true: generateName's prefix); returns upstream's messages. Default: DNS-1123 subdomain. */
  validateName?(name: string, prefix: boolean, object: T): string[]
}

/** How objects of a custom resource are read: by the schema of their definition, where built-in kinds have Go types. */
export interface CustomCodec {
  /** Types in the form of the built-in ones, with those of metadata, for server-side apply; made when first asked for. */
  schemas(): SchemaSet
  /**
   * Drops from `body`, which it changes, what the schema does not know; `errors` tell of that as of unknown fields.
   * Throws a DecodeError for metadata that is none.
   */
  decode(body: Record<string, unknown>): { object: AnyObject; errors: string[] }
  /** As the definition has it; OpenAPI is made of it. */
  schema: JsonSchema
  /** As discovery tells of them, in that order; others may still be answered. */
  verbs(): readonly Verb[]
  /** The kinds of all versions of the definition. */
  versions?(): readonly AnyKind[]
}

export interface KindSpec<T extends KubernetesObject> extends Omit<KindRef<T>, 'names'> {
  names: Omit<KindNames, 'singular'> & { singular?: string }
  /** Default: all. */
  verbs?: readonly Verb[]
  /** Version that upstream stores it in, where it is not this one: discovery shows a hash of it. */
  storageVersion?: string
  /** Finalizers need no domain: custom resources, and kinds whose metadata upstream checks no further. */
  anyFinalizers?: boolean
  /** Canonical schema name; default `<group's first label or core>.<version>.<kind>`. */
  schema?: string
  /** Of a kind that a CustomResourceDefinition declares. */
  custom?: CustomCodec
  /** Default: the kind with `List`. */
  listKind?: string
  /**
   * When the metadata of a new object is checked: before all else (the default), between `validate` and `validateCreate`, or as any object's,
   * when nothing else is wrong.
   */
  metadataChecked?: 'between' | 'last'
  /** Only what the schema's own defaults cannot state. */
  setDefaults?(object: T): void
  /** Errors of the object by itself; runs on create and update. Metadata is checked by the registry. */
  validate?(object: T, context: WriteContext): Iterable<FieldError>
  /** Errors that only a new object can have; runs on create after `validate`. */
  validateCreate?(object: T, context: WriteContext): Iterable<FieldError>
  /** Errors of the change; runs on update after `validate`. */
  validateUpdate?(object: T, old: T, context: WriteContext): Iterable<FieldError>
  /** Upstream reads it from its store: who asks for a revision that is still to come is not asked to come again. */
  uncached?: boolean
  /** Group that errors of validation name, where upstream checks the object in another: events. */
  validatedGroup?: string
  /** What is checked on an update, in order, as often as upstream does it; default: metaUpdate, spec, immutable, change. */
  updateChecks?: readonly UpdateCheck[]
  /** Paths that may not change, with upstream's `field is immutable`. */
  immutable?: readonly string[]
  /** Said to every client of a deprecated API, whatever it asks for. */
  deprecationWarning?: string
  /** Warnings for the client's eyes, in `Warning` headers. */
  warnings?(object: T, old: T | undefined): string[]
  strategy?: Strategy<T>
  subresources?: Subresources<T>
  /** Name is prepended by the table printer unless it is among them; list only what comes after it. */
  printerColumns?: readonly PrinterColumn<T>[]
  /** Order of the rows of a table, where it is not that of the list. */
  rowOrder?(a: T, b: T): number
  /** Why a client may hide the object's row of a table; undefined when it may not. */
  rowConditions?(object: T): readonly RowCondition[] | undefined
  /** Extra field selectors besides metadata.name and metadata.namespace. */
  selectableFields?: Readonly<Record<string, (object: T) => string>>
  /** They stand for fields of upstream's internal type, so that its metadata by itself, as rows of tables show it, does not have them. */
  hiddenAnnotations?: readonly string[]
  /** What is said of a field that cannot be selected by, where upstream has words of its own for the kind. */
  unsupportedField?: (field: string) => string
}

/** A KindSpec with every default filled in. */
export interface Kind<T extends KubernetesObject = KubernetesObject> extends KindSpec<T> {
  names: KindNames
  verbs: readonly Verb[]
  schema: string
  /** `v1` or `apps/v1`. */
  apiVersion: string
  /** `pods` or `deployments.apps`: how errors and RBAC name the resource. */
  qualifiedResource: string
  listKind: string
  strategy: Strategy<T>
  subresources: Subresources<T>
}

const schemaName = (group: string, version: string, kind: string) =>
  `${group.split('.')[0] || 'core'}.${version}.${kind}`

/** Declares a kind. Pure: registering it is the caller's business. */
export function defineKind<T extends KubernetesObject>(spec: KindSpec<T>): Kind<T> {
  const { group, version, kind } = spec
  return {
    ...spec,
    names: { ...spec.names, singular: spec.names.singular ?? kind.toLowerCase() },
    verbs: spec.verbs ?? allVerbs,
    schema: spec.schema ?? schemaName(group, version, kind),
    apiVersion: group ? `${group}/${version}` : version,
    qualifiedResource: group ? `${spec.names.plural}.${group}` : spec.names.plural,
    listKind: spec.listKind ?? `${kind}List`,
    strategy: spec.strategy ?? {},
    subresources: spec.subresources ?? {},
  }
}

// biome-ignore lint/suspicious/noExplicitAny: hooks are contravariant in T, so a list of kinds has no other common type
export type AnyKind = Kind<any>
