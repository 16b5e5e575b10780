/** Patches of all types, well and badly made. */
import { applyMergePatch as merge } from '../../../src/machinery/patch/merge-patch.js'
import { type Change, changed, pickChange } from '../mutations.js'
import type { Place } from '../sequence.js'
import type { Json } from '../templates/template.js'
import { queryOf, validationOf } from './options.js'
import { createObject, itemPath, request, type Scenario, type Stage, validObject } from './stage.js'

const types = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
}

/** A patch that says only what the change says. */
function sparse({ place, value }: Change): Json {
  const keys = place?.filter(key => typeof key === 'string') ?? []
  return keys.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value ?? null) as Json
}

const pointer = (place: Place): string => `/${place.join('/').replaceAll('~', '~0')}`

const badJsonPatches: readonly unknown[] = [
  {},
  [{ op: 'odd', path: '/metadata/labels/a', value: 'b' }],
  [{ op: 'add', path: 'metadata', value: 1 }],
  [{ op: 'test', path: '/metadata/name', value: 'other' }],
  [{ op: 'remove', path: '/metadata/nothing' }],
  [{ op: 'replace', path: '/nothing/there', value: 1 }],
  [{ op: 'add', path: '/metadata/labels/a' }],
  [{ op: 'copy', from: '/metadata/labels', path: '/metadata/annotations' }],
  [{ op: 'move', from: '/metadata/labels/n', path: '/metadata/labels/m' }],
  [{ op: 'add', path: '/metadata/finalizers/3', value: 'a/b' }],
  [{ op: 'add', path: '/metadata/finalizers/-', value: 'a/b' }],
  [{ path: '/metadata/labels/a', value: 'b' }],
  [{ op: 'replace', path: '', value: {} }],
  [{ op: 'replace', path: '/metadata/name', value: 'other' }],
  [{ op: 'add', path: '/metadata/labels/a~1b', value: 'c', unknown: 1 }],
  [],
  'text',
]
const odd: readonly unknown[] = [
  {},
  [],
  'text',
  null,
  { metadata: null },
  { metadata: { name: 'other' } },
  { metadata: { uid: 'x' } },
  { metadata: { resourceVersion: '1' } },
  { metadata: { labels: { $patch: 'replace', a: 'b' } } },
  // Not the item that is deleted: upstream walks a patch in the order of a Go map.
  { metadata: { finalizers: ['a/b'], '$deleteFromPrimitiveList/finalizers': ['x/y'] } },
  { metadata: { '$setElementOrder/finalizers': ['x/y'], finalizers: ['a/b'] } },
  { $patch: 'odd' },
  { $patch: 'delete' },
  { kind: 'Other' },
  { apiVersion: 'v9' },
  { metadata: { labels: { a: null, b: 'c' } } },
]
const malformed = ['{', '', 'a: b: c', '[1,', '{"a":1}{"b":2}', '\u0000', '{"metadata":{"labels":{"a":"b","a":"c"}}}']

function jsonPatch(stage: Stage, object: Json): unknown {
  const { random, template } = stage
  if (random.chance(0.5)) return random.pick(badJsonPatches)
  const { place = ['kind'], value } = pickChange(object, template, stage)
  return [
    value === undefined
      ? { op: 'remove', path: pointer(place) }
      : { op: random.pick(['add', 'replace']), path: pointer(place), value },
  ]
}

function mergePatch(stage: Stage, object: Json): unknown {
  const { random, template } = stage
  if (random.chance(0.35)) return random.pick(odd)
  if (template.changes.length && random.chance(0.4)) return random.pick(template.changes)
  return sparse(pickChange(object, template, stage))
}

function applied(stage: Stage, object: Json): unknown {
  const { random, template } = stage
  const chosen = template.changes.length && random.chance(0.5) ? merge(object, random.pick(template.changes)) : object
  return random.chance(0.6) ? chosen : changed(chosen, [pickChange(object, template, stage)])
}

function patchOnce(stage: Stage, object: Json): void {
  const { random } = stage
  const type = random.pick(['json', 'merge', 'strategic', 'merge', 'strategic', 'apply'] as const)
  const patch =
    type === 'json' ? jsonPatch(stage, object) : type === 'apply' ? applied(stage, object) : mergePatch(stage, object)
  const body = random.chance(0.08) ? { text: random.pick(malformed) } : { json: patch }
  const manager = type === 'apply' && random.chance(0.9) ? `fieldManager=${random.pick(['one', 'two'])}` : ''
  const force = type === 'apply' && random.chance(0.4) ? 'force=true' : ''
  const query = random.chance(0.7) ? validationOf(random) : queryOf('writing', random, 2)
  const parts = [query.slice(1), manager, force].filter(Boolean)
  const path = itemPath(stage, 0, parts.length ? `?${parts.join('&')}` : '')
  request(stage, 'patch', path, { note: type, body, headers: { 'content-type': types[type] } })
}

/** One object, many patches. */
export const patches: Scenario = {
  name: 'patch',
  weight: 4,
  suits: template => !template.virtual,
  play(stage) {
    const object = validObject(stage, 0)
    createObject(stage, 0, object)
    for (let i = 0; i < 12; i++) patchOnce(stage, object)
    request(stage, 'get', itemPath(stage, 0))
    const headers = {
      'content-type': stage.random.pick(['application/json', 'text/plain', '', 'application/vnd.kubernetes.protobuf']),
    }
    request(stage, 'patch', itemPath(stage, 0), { note: 'content type', body: { json: {} }, headers })
    request(stage, 'patch', itemPath(stage, 1), {
      note: 'absent',
      body: { json: {} },
      headers: { 'content-type': types.merge },
    })
  },
}

/** Server-side apply alone: managers that meet. */
export const applies: Scenario = {
  name: 'apply',
  weight: 1.5,
  suits: template => !template.virtual,
  play(stage) {
    const { random, template } = stage
    const headers = { 'content-type': types.apply }
    const object = validObject(stage, 0)
    if (!template.namespaced)
      stage.sequence.atEnd({ kind: stage.kind, verb: 'delete', method: 'DELETE', path: itemPath(stage, 0) })
    request(stage, 'patch', itemPath(stage, 0, '?fieldManager=one'), {
      note: 'apply creates',
      body: { json: object },
      headers,
      vital: true,
    })
    request(stage, 'patch', itemPath(stage, 0, '?fieldManager=one'), {
      note: 'apply again',
      body: { json: object },
      headers,
    })
    for (let i = 0; i < 4; i++) {
      const other = template.changes.length ? merge(object, random.pick(template.changes)) : object
      const force = random.chance(0.4) ? '&force=true' : ''
      const query = `?fieldManager=${random.pick(['one', 'two'])}${force}`
      request(stage, 'patch', itemPath(stage, 0, query), { note: 'apply other', body: { json: other }, headers })
    }
    const bare = {
      apiVersion: object.apiVersion,
      kind: object.kind,
      metadata: { name: (object.metadata as Json).name },
    }
    request(stage, 'patch', itemPath(stage, 0, '?fieldManager=two'), {
      note: 'apply nothing',
      body: { json: bare },
      headers,
    })
    request(stage, 'get', itemPath(stage, 0))
  },
}
