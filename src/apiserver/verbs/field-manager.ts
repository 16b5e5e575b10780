/** Gives each write its field manager: who writes, and what is known of the kind's versions. */
import { conversions } from '../../apis/index.js'
import { type MergeContext, type MergeVersion, resetSets } from '../../machinery/apply/merge-context.js'
import { mergeTypeOf } from '../../machinery/apply/merge-type.js'
import { SetTable } from '../../machinery/apply/set-text.js'
import { trackUpdate, type WriteMark } from '../../machinery/apply/track-update.js'
import { formatTime } from '../../machinery/clock.js'
import type { AnyKind } from '../../machinery/kind.js'
import type { AnyObject } from '../../machinery/object-meta.js'
import { withGivenEmpty } from '../../machinery/schema/given-empty.js'
import type { SchemaSet } from '../../machinery/schema/types.js'
import type { WriteContext } from './call.js'
import type { VerbRequest } from './outcome.js'
import { resetFieldsOf } from './reset-fields.js'

type Fields = Record<string, unknown>

const maxManagerBytes = 128
const unprintable = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu

/** What stands before the first slash of a user agent, as far as it can be a manager's name. */
export function managerOfUserAgent(userAgent: string): string {
  const name = userAgent.split('/')[0]!.replace(unprintable, '')
  if (name.length * 4 <= maxManagerBytes) return name
  let bytes = 0
  let end = 0
  for (const character of name) {
    bytes += Buffer.byteLength(character)
    if (bytes > maxManagerBytes) break
    end += character.length
  }
  return name.slice(0, end)
}

/** The kind and its twins in other versions, each with the way to and from the stored one. */
function versionsOf(kind: AnyKind) {
  const own = conversions.find(({ spoke }) => spoke === kind)
  const hub = own?.hub ?? kind
  const toHub = (object: Fields) => (own ? (own.toHub(object) as unknown as Fields) : object)
  const fromHub = (object: Fields) => (own ? (own.fromHub(object) as unknown as Fields) : object)
  const twins = new Map<string, { kind: AnyKind; toHub(object: Fields): Fields; fromHub(object: Fields): Fields }>()
  const same = (object: Fields) => object
  for (const version of kind.custom?.versions?.() ?? [])
    twins.set(version.apiVersion, { kind: version, toHub: same, fromHub: same })
  twins.set(hub.apiVersion, { kind: hub, toHub: same, fromHub: same })
  for (const conversion of conversions)
    if (conversion.hub === hub)
      twins.set(conversion.spoke.apiVersion, {
        kind: conversion.spoke,
        toHub: object => conversion.toHub(object) as unknown as Fields,
        fromHub: object => conversion.fromHub(object) as unknown as Fields,
      })
  return { twins, toHub, fromHub }
}

const typeOf = (schemas: SchemaSet, { custom, schema }: AnyKind) => mergeTypeOf(custom?.schemas() ?? schemas, schema)

function versionFinder(schemas: SchemaSet, kind: AnyKind): MergeContext['version'] {
  let found: ReturnType<typeof versionsOf> | undefined
  return apiVersion => {
    const { twins, toHub, fromHub } = (found ??= versionsOf(kind))
    const twin = twins.get(apiVersion)
    const type = twin && typeOf(schemas, twin.kind)
    if (!twin || !type) return undefined
    const typed = (object: Fields, { apiVersion, kind }: AnyKind) => ({ ...object, apiVersion, kind })
    const version: MergeVersion = {
      type,
      fromRequested: object => typed(twin.fromHub(toHub(object)), twin.kind),
      toRequested: object => typed(fromHub(twin.toHub(object)), kind),
    }
    return version
  }
}

function newMergeContext(schemas: SchemaSet, kind: AnyKind, subresource: string): MergeContext | undefined {
  const type = typeOf(schemas, kind)
  return (
    type && {
      apiVersion: kind.apiVersion,
      kind: kind.kind,
      type,
      ...resetSets(resetFieldsOf(kind, subresource)),
      sets: new SetTable(),
      version: versionFinder(schemas, kind),
    }
  )
}

const known = new WeakMap<AnyKind, Map<string, MergeContext | undefined>>()

/** What is needed to track the writes of an endpoint; undefined for a kind without a schema. */
export function mergeContextOf(schemas: SchemaSet, kind: AnyKind, subresource: string): MergeContext | undefined {
  let contexts = known.get(kind)
  if (!contexts) known.set(kind, (contexts = new Map()))
  if (!contexts.has(subresource)) contexts.set(subresource, newMergeContext(schemas, kind, subresource))
  return contexts.get(subresource)
}

/** Who writes what, and now. */
export const writeMarkOf = ({ write, userAgent = '', subresource = '' }: VerbRequest, now: number): WriteMark => ({
  manager: write?.fieldManager || managerOfUserAgent(userAgent),
  subresource,
  time: formatTime(now),
})

/** The client sent `managedFields: []`, which decoding makes nothing of. */
function sentEmpty(document: unknown): boolean {
  const entries = (document as { metadata?: { managedFields?: unknown } | null } | null | undefined)?.metadata
    ?.managedFields
  return Array.isArray(entries) && entries.length === 0
}

type Tracking = Pick<WriteContext, 'schemas' | 'clock'>

export interface TrackedWrite {
  kind: AnyKind
  request: VerbRequest
  /** Undefined for a new object. */
  live: AnyObject | undefined
  object: AnyObject
  /** What `object` was decoded from. */
  document: unknown
}

/** Sets the managed fields of an object that was created, updated or patched: to be called when it is decoded and defaulted. */
export function trackWrite(
  { schemas, clock }: WriteContext,
  { kind, request, live, object, document }: TrackedWrite,
): void {
  const context = mergeContextOf(schemas, kind, request.subresource ?? '')
  if (!context) return
  const mark = writeMarkOf(request, clock.now())
  withGivenEmpty(object, () => trackUpdate(context, { live, object }, { ...mark, resets: sentEmpty(document) }))
}

/** As `trackWrite`, of what the server writes by itself. */
export function trackOwnWrite(
  { schemas, clock }: Tracking,
  {
    kind,
    subresource = '',
    ...change
  }: { kind: AnyKind; subresource?: string } & Pick<TrackedWrite, 'live' | 'object'>,
): void {
  const context = mergeContextOf(schemas, kind, subresource)
  if (context) trackUpdate(context, change, { manager: 'kube-apiserver', subresource, time: formatTime(clock.now()) })
}
