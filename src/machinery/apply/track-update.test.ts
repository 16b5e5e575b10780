import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { loadSchemas } from '../../apis/generated/schema.js'
import type { AnyObject, ManagedFieldsEntry } from '../object-meta.js'
import { rememberEmpty } from '../schema/given-empty.js'
import { compareObjects } from './compare.js'
import { matchesNewFields } from './match-fields.js'
import { type MergeContext, resetSets } from './merge-context.js'
import { mergeTypeOf } from './merge-type.js'
import { newFieldsText } from './new-fields.js'
import { SetTable } from './set-text.js'
import { trackUpdate } from './track-update.js'
import { zeroObject } from './zero-object.js'

const schemas = loadSchemas()
const golden = new URL('../../../test/golden/protobuf/', import.meta.url)
const contextOf = (kind: string): MergeContext => ({
  apiVersion: 'v1',
  kind,
  type: mergeTypeOf(schemas, `core.v1.${kind}`)!,
  ...resetSets(['status']),
  sets: new SetTable(),
  version: () => undefined,
})
const mark = (manager: string, second: number) => ({
  manager,
  subresource: '',
  time: `2026-01-01T00:00:${String(second).padStart(2, '0')}Z`,
})

const bodies = readdirSync(golden).filter(file => /^v1_.*\.json$/.test(file))

test.each(bodies)('%s: the quick walks find what a comparison with nothing finds', file => {
  const { metadata, ...rest } = JSON.parse(readFileSync(new URL(file, golden), 'utf8')) as AnyObject
  const { type, ignored } = contextOf(rest.kind as string)
  const zero = zeroObject(type)
  const object = { ...rest, metadata: { ...metadata, managedFields: undefined } }
  const { changed } = compareObjects(type, zero, object, ignored)
  expect(newFieldsText(type, zero, object, ignored) || '{}').toBe(JSON.stringify(changed))
  expect(matchesNewFields(type, { zero, object, ignored }, changed)).toBe(true)
  const more = { ...object, metadata: { ...object.metadata, labels: { another: 'label' } } }
  expect(matchesNewFields(type, { zero, object: more, ignored }, changed)).toBe(false)
})

const newMap = (data: Record<string, string>, managedFields?: ManagedFieldsEntry[]): AnyObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', uid: 'u', ...(managedFields && { managedFields }) },
  data,
})

function written(live: AnyObject | undefined, data: Record<string, string>, by: ReturnType<typeof mark>): AnyObject {
  const object = newMap(data)
  trackUpdate(contextOf('ConfigMap'), { live, object }, by)
  return object
}

const owners = ({ metadata }: AnyObject) =>
  Object.fromEntries((metadata.managedFields ?? []).map(e => [e.manager, [e.time?.slice(17, 19), e.fieldsV1]]))

test('who changes a field owns it; the time is that of the last gain', () => {
  const first = written(undefined, { a: '1', b: '1' }, mark('one', 1))
  const second = written(first, { a: '2', b: '1' }, mark('two', 2))
  expect(owners(second)).toEqual({
    one: ['01', { 'f:data': { '.': {}, 'f:b': {} } }],
    two: ['02', { 'f:data': { 'f:a': {} } }],
  })
  const removed = written(second, { b: '1' }, mark('one', 3))
  expect(owners(removed)).toEqual({ one: ['01', { 'f:data': { '.': {}, 'f:b': {} } }] })
})

test('who changes the same fields again owns the very same set, and so does its manager of another object', () => {
  const context = contextOf('ConfigMap')
  const change = (live: AnyObject, a: string) => {
    const object = newMap({ a, b: '1' })
    trackUpdate(context, { live, object }, mark('two', 2))
    return object.metadata.managedFields![1]!.fieldsV1
  }
  const live = written(undefined, { a: '1', b: '1' }, mark('one', 1))
  const once = newMap({ a: '2', b: '1' })
  trackUpdate(context, { live, object: once }, mark('two', 2))
  const set = once.metadata.managedFields![1]!.fieldsV1
  expect(set).toEqual({ 'f:data': { 'f:a': {} } })
  expect(change(once, '3')).toBe(set)
  expect(change(live, '4')).toBe(set)
})

test('the oldest of more than ten managers that update become one', () => {
  let object = written(undefined, { k0: 'x' }, mark('m0', 0))
  const data: Record<string, string> = { k0: 'x' }
  for (let i = 1; i <= 11; i++) {
    data[`k${i}`] = 'x'
    object = written(object, { ...data }, mark(`m${i}`, i))
  }
  const managers = owners(object)
  expect(Object.keys(managers)).toHaveLength(10)
  expect(managers['ancient-changes']).toEqual(['02', { 'f:data': { '.': {}, 'f:k0': {}, 'f:k1': {}, 'f:k2': {} } }])
})

test.each([
  { name: 'an empty entry forgets all managers', given: [{}], left: {} },
  {
    name: 'what cannot be read is as if it were not there',
    given: [{ operation: 'Nothing' }],
    left: { one: ['01', { 'f:data': { '.': {}, 'f:a': {} } }] },
  },
  {
    name: 'keys are read in any form',
    given: [
      {
        manager: 'x',
        operation: 'Update',
        apiVersion: 'v1',
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:metadata': { 'f:ownerReferences': { 'k:{ "uid": "u" }': {} } } },
      },
    ],
    left: { x: [undefined, { 'f:metadata': { 'f:ownerReferences': { 'k:{"uid":"u"}': {} } } }] },
  },
])('$name', ({ given, left }) => {
  const live = written(undefined, { a: '1' }, mark('one', 1))
  const object = newMap({ a: '1' }, given as ManagedFieldsEntry[])
  trackUpdate(contextOf('ConfigMap'), { live, object }, mark('two', 2))
  expect(owners(object)).toEqual(left)
})

test('items without a key spoil the bookkeeping, also below what the endpoint resets', () => {
  const context: MergeContext = {
    ...contextOf('ConfigMap'),
    type: mergeTypeOf(schemas, 'flowcontrol.v1.FlowSchema')!,
  }
  const ownersOf = (condition: object) => {
    const object = newMap({})
    object.spec = { matchingPrecedence: 5 }
    object.status = { conditions: [condition] }
    trackUpdate(context, { live: undefined, object }, mark('a', 1))
    return Object.keys(owners(object))
  }
  expect(ownersOf({ type: 'Dangling' })).toEqual(['a'])
  expect(ownersOf({ message: 'of no type' })).toEqual([])
})

const podWith = (spec: object): AnyObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'a' },
  spec,
})

test('two items of one name are not taken for two of other names', () => {
  const context = contextOf('Pod')
  const secretsOf = (...names: (string | undefined)[]) => {
    const object = podWith({ imagePullSecrets: names.map(name => (name === undefined ? {} : { name })) })
    trackUpdate(context, { live: undefined, object }, mark('a', 1))
    const fields = object.metadata.managedFields?.[0]?.fieldsV1 as { 'f:spec': { 'f:imagePullSecrets': object } }
    return Object.keys(fields['f:spec']['f:imagePullSecrets'])
  }
  expect(secretsOf('a', 'b')).toEqual(['.', 'k:{"name":"a"}', 'k:{"name":"b"}'])
  expect(secretsOf('a', 'a')).toEqual(['.', 'k:{"name":"a"}'])
  expect(secretsOf('a', undefined)).toEqual(['.', 'k:{"name":""}', 'k:{"name":"a"}'])
})

test('a list of structs has changed when something in it was sent empty that was absent', () => {
  const context: MergeContext = { ...contextOf('ClusterRole'), type: mergeTypeOf(schemas, 'rbac.v1.ClusterRole')! }
  const rule = { apiGroups: [''], resources: ['pods'], verbs: ['get'] }
  const newRole = (): AnyObject => ({ ...podWith({}), kind: 'ClusterRole', spec: undefined, rules: [{ ...rule }] })
  const live = newRole()
  trackUpdate(context, { live: undefined, object: live }, mark('one', 1))
  const ownersAfter = (name: string | undefined) => {
    const object = newRole()
    const [holder] = object.rules as Record<string, unknown>[]
    if (name) rememberEmpty(object, [{ holder: holder!, name, path: `rules[0].${name}`, value: [] }])
    trackUpdate(context, { live, object }, mark('two', 2))
    return Object.keys(owners(object))
  }
  expect(ownersAfter(undefined)).toEqual(['one'])
  expect(ownersAfter('resourceNames')).toEqual(['two'])
})
