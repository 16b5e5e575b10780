/**
 * Replays what upstream v1.34.4 made of objects of the core group: its defaults, errors, warnings and printed cells.
 * The cases in test/golden/core-v1 were recorded from upstream's own code; each is an object and what is set in it.
 */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import type { FieldError } from '../../machinery/field-error.js'
import type { AnyKind } from '../../machinery/kind.js'
import { nameIsDnsSubdomain } from '../../machinery/name-rules.js'
import type { AnyObject } from '../../machinery/object-meta.js'
import { validateObjectMeta } from '../../machinery/object-meta-validation.js'
import { decodeObject } from '../../machinery/schema/decode.js'
import { applySchemaDefaults } from '../../machinery/schema/defaults.js'
import { tableColumns, tableRow } from '../../machinery/table.js'
import { bumpGeneration, generationPaths } from '../../registry/metadata.js'
import { updateErrors } from '../../registry/update-errors.js'
import { keepOutsideView, viewOf } from '../../registry/view.js'
import { loadSchemas } from '../generated/schema.js'
import { coreV1Kinds } from './index.js'

type Changes = Record<string, unknown>
interface Recorded {
  name: string
  object: AnyObject
  becomes: AnyObject
  cells?: unknown[]
  warnings?: string[]
}
interface Case {
  /** Name of the recorded object; of what it became when there is an old one. */
  of: string
  /** What differs in the stored object, by path. */
  old?: Changes
  set: Changes
  subresource?: string
  errors?: string[]
  warnings?: string[]
  /** What differs in the stored object, by path, null for a field that is gone. */
  becomes?: Changes
  cells?: unknown[]
}
interface Outcome {
  errors: string[]
  warnings: string[]
  object: AnyObject
  cells: unknown[]
}

/** The day of the recording, by which upstream told ages. */
const recordedAt = Date.UTC(2026, 10, 21, 12)
const golden = new URL('../../../test/golden/core-v1/', import.meta.url)
const read = <T>(file: string): T => JSON.parse(readFileSync(new URL(file, golden), 'utf8')) as T
const recorded = new Map(read<Recorded[]>('objects.json').map(entry => [entry.name, entry]))
const schemas = loadSchemas()
const kindOf = (name: string) => coreV1Kinds.find(({ kind }) => kind === name) as unknown as AnyKind

type Tree = Record<string, unknown>

/** A copy with values set at their paths; null removes. */
function changed(object: AnyObject, changes: Changes = {}): AnyObject {
  const copy = structuredClone(object)
  for (const [path, value] of Object.entries(changes)) {
    const keys = path.split('.')
    const last = keys.pop() as string
    const parent = keys.reduce((tree: Tree, key) => tree[key] as Tree, copy as unknown as Tree)
    if (value === null) delete parent[last]
    else parent[last] = value
  }
  return copy
}

/** Times differ from those of the recording, and upstream writes some empty ones as null. */
const times = new Set(['creationTimestamp', 'lastTransitionTime', 'lastPhaseTransitionTime'])
const timeless = (object: AnyObject): AnyObject =>
  JSON.parse(JSON.stringify(object, (key, value) => (value === null || times.has(key) ? undefined : value)))

/** As in an error's message, which tells each but once. */
const lines = (errors: Iterable<FieldError>): string[] =>
  [...new Set([...errors].map(({ field, message }) => `${field}: ${message}`))].sort()

function decode(raw: AnyObject): { kind: AnyKind; object: AnyObject } {
  const kind = kindOf(raw.kind ?? '')
  const { object } = decodeObject(schemas, kind.schema, structuredClone(raw))
  applySchemaDefaults(schemas, kind.schema, object)
  kind.setDefaults?.(object)
  return { kind, object: object as unknown as AnyObject }
}

function outcome(kind: AnyKind, object: AnyObject, result: { errors: FieldError[]; warnings: string[] }): Outcome {
  const row = tableRow(kind, object, recordedAt)
  const warnings = result.errors.length ? [] : result.warnings
  return { errors: lines(result.errors), warnings, object: timeless(object), cells: row?.cells ?? [] }
}

function create(raw: AnyObject): Outcome {
  const { kind, object } = decode(raw)
  const write = { now: 0, subresource: '', dryRun: false }
  if (kind.subresources.status && !kind.strategy.keepStatusOnCreate) delete object.status
  if (generationPaths(kind, object).length) object.metadata.generation = 1
  kind.strategy.prepareForCreate?.(object, write)
  applySchemaDefaults(schemas, kind.schema, object)
  const rule = kind.strategy.validateName ?? nameIsDnsSubdomain
  const validateName = (name: string, prefix: boolean) => rule(name, prefix, object)
  const errors = [
    ...validateObjectMeta(object.metadata, { namespaced: kind.scope === 'Namespaced', validateName }),
    ...(kind.validate?.(object, write) ?? []),
    ...(kind.validateCreate?.(object, write) ?? []),
  ]
  return outcome(kind, object, { errors, warnings: kind.warnings?.(object, undefined) ?? [] })
}

function update(raw: AnyObject, rawOld: AnyObject, subresource: string): Outcome {
  const { kind, object } = decode(raw)
  const { object: old } = decode(rawOld)
  const view = viewOf(kind, subresource)
  const write = { now: 0, subresource: view.subresource, dryRun: false }
  keepOutsideView(view, object, old)
  kind.strategy.prepareForUpdate?.(object, old, write)
  if (view.bumpsGeneration) bumpGeneration(kind, object, old)
  applySchemaDefaults(schemas, kind.schema, object)
  const errors = updateErrors(kind, view, { object, old, write, namespaced: kind.scope === 'Namespaced' })
  return outcome(kind, object, { errors, warnings: view.warns ? (kind.warnings?.(object, old) ?? []) : [] })
}

const stored = (of: string): AnyObject =>
  changed(recorded.get(of)!.becomes, { 'metadata.uid': 'u', 'metadata.resourceVersion': '5' })

function expectOutcome(got: Outcome, wanted: Case, base: AnyObject): void {
  expect(got.errors).toEqual([...new Set(wanted.errors ?? [])].sort())
  if (wanted.errors) return
  expect(got.object).toEqual(timeless(changed(base, wanted.becomes)))
  expect(got.warnings).toEqual(wanted.warnings ?? [])
  if (wanted.cells) expect(got.cells).toEqual(wanted.cells)
}

const titled = (cases: Case[]) =>
  cases.map((entry, i) => ({
    ...entry,
    title: `${i + 1}: ${entry.of} ${entry.subresource ?? ''} with ${JSON.stringify(entry.set).slice(0, 120)}`,
  }))

describe('objects become what upstream stores, and print alike', () => {
  test.each([...recorded.values()])('$name', ({ object, becomes, cells, warnings }) => {
    expectOutcome(create(object), { of: '', set: {}, cells, warnings }, becomes)
  })
})

describe('columns', () => {
  const columns = read<Record<string, unknown[]>>('columns.json')
  test.each(Object.keys(columns))('%s', name => {
    expect(tableColumns(kindOf(name))).toEqual(columns[name])
  })
})

describe('create', () => {
  test.each(titled(read<Case[]>('create.json')))('$title', entry => {
    const { object, becomes } = recorded.get(entry.of)!
    expectOutcome(create(changed(object, entry.set)), entry, becomes)
  })
})

describe.each(['update', 'status', 'subresources'])('%s', file => {
  test.each(titled(read<Case[]>(`${file}.json`)))('$title', entry => {
    const old = changed(stored(entry.of), entry.old)
    const object = changed(old, entry.set)
    expectOutcome(update(object, old, entry.subresource ?? ''), entry, object)
  })
})
