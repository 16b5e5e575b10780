import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { loadSchemas } from '../../apis/generated/schema.js'
import { cloneJson } from '../clone.js'
import { printPath } from './conflict.js'
import { sameSet } from './field-set.js'
import { fieldSetOf } from './field-set-of.js'
import { idOf, type ManagerEntry, type ManagerIdentity } from './managers.js'
import { mergeObjects } from './merge.js'
import { type MergeContext, resetSets, withoutUnmanaged } from './merge-context.js'
import { mergeTypeOf } from './merge-type.js'
import { changeValues, findChangedValues } from './reapply.js'
import { SetTable } from './set-text.js'

const type = mergeTypeOf(loadSchemas(), 'core.v1.Pod')!
const context: MergeContext = {
  apiVersion: 'v1',
  kind: 'Pod',
  type,
  ...resetSets(['status']),
  sets: new SetTable(),
  version: () => undefined,
}
type Fields = Record<string, unknown>

const identity: ManagerIdentity = { manager: 'one', operation: 'Apply', apiVersion: 'v1', subresource: '' }
const setOf = (applied: Fields) => withoutUnmanaged(fieldSetOf(type, applied))
const entryOf = (applied: Fields, of: ManagerIdentity = identity): ManagerEntry => ({
  ...of,
  time: undefined,
  set: setOf(applied),
})

interface Case {
  before: Fields
  applied: Fields
  /** What others put into the object. */
  live?: Fields
  others?: ManagerEntry[]
}

function find({ before, applied, live = before, others = [] }: Case) {
  const managers = new Map([entryOf(before), ...others].map(entry => [idOf(entry), entry]))
  const object = cloneJson(live)
  return { object, changes: findChangedValues(context, { live: object, applied }, { managers, identity }) }
}

const pod = (container: Fields, metadata: Fields = {}, spec: Fields = {}): Fields => ({
  ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', ...metadata } },
  spec: { containers: [{ name: 'main', image: 'x', ...container }], ...spec },
})
const env = (...names: string[]) => ({ env: names.map(name => ({ name, value: name })) })

describe('values that a manager changes', () => {
  test.each<Case & { title: string; paths: string[] }>([
    { title: 'none', before: pod({}), applied: pod({}), paths: [] },
    {
      title: 'in a list',
      before: pod({}),
      applied: pod({ image: 'y' }),
      paths: ['.spec.containers[name="main"].image'],
    },
    {
      title: 'a list as a whole',
      before: pod({ args: ['a'] }),
      applied: pod({ args: ['a', 'b'] }),
      paths: ['.spec.containers[name="main"].args'],
    },
    {
      title: 'beside what others added',
      before: pod(env('a', 'b'), { labels: { x: '1' } }),
      live: pod({ ...env('other', 'a', 'more', 'b'), imagePullPolicy: 'Always' }, { labels: { x: '1', y: '2' } }),
      applied: pod(env('a', 'b'), { labels: { x: '3' } }),
      paths: ['.metadata.labels.x'],
    },
    {
      title: 'that are written in another form',
      before: pod({ resources: { limits: { cpu: '1' } } }),
      applied: pod({ resources: { limits: { cpu: 1 } } }),
      paths: ['.spec.containers[name="main"].resources.limits.cpu'],
    },
  ])('$title', ({ paths, ...rest }) => {
    const { changes } = find(rest)
    expect(changes?.map(({ path }) => printPath(path))).toEqual(paths)
  })
})

const other = { ...identity, manager: 'two' }

describe('left to the merge', () => {
  test.each<Case & { title: string }>([
    { title: 'another field', before: pod({}), applied: pod({ tty: true }) },
    { title: 'a field less', before: pod({ tty: true }), applied: pod({}) },
    { title: 'an item more', before: pod(env('a')), applied: pod(env('a', 'b')) },
    { title: 'items in another order', before: pod(env('a', 'b')), applied: pod(env('b', 'a')) },
    { title: 'an item twice', before: pod(env('a', 'b')), applied: pod(env('a', 'a')), live: pod(env('a', 'a')) },
    {
      title: 'an item that is there twice',
      before: pod(env('a', 'b')),
      applied: pod(env('a', 'b')),
      live: pod(env('a', 'a', 'b')),
    },
    { title: 'a field that is gone', before: pod({ tty: true }), applied: pod({ tty: true }), live: pod({}) },
    { title: 'null', before: pod({ tty: true }), applied: pod({ tty: null }) },
    { title: 'what does not fit', before: pod({ image: 'x' }), applied: pod({ image: 1 }) },
    { title: 'an undeclared field', before: pod({}), applied: pod({ image: 'x', imag: 'y' }) },
    { title: 'what nobody owns', before: pod({}), applied: pod({}, { name: 'b' }) },
    {
      title: 'what somebody else owns',
      before: pod({}),
      applied: pod({ image: 'y' }),
      others: [entryOf(pod({}), other)],
    },
    {
      title: 'a manager of another version',
      before: pod({}),
      applied: pod({}),
      others: [entryOf(pod({}), { ...other, apiVersion: 'v2' })],
    },
  ])('$title', given => {
    expect(find(given).changes).toBeUndefined()
  })
})

test('what it finds is what a merge makes, and the set of fields is the same', () => {
  const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 })
  const container = fc.record(
    {
      name: fc.constantFrom('main', 'side'),
      image: fc.constantFrom('x', 'y'),
      tty: fc.boolean(),
      args: fc.array(fc.constantFrom('a', 'b'), { maxLength: 2 }),
      env: fc.array(fc.record({ name: fc.constantFrom('a', 'b'), value: fc.constantFrom('1', '2') }), {
        minLength: 1,
        maxLength: 3,
      }),
      securityContext: fc.record({ runAsUser: fc.nat(2) }, { requiredKeys: [] }),
    },
    { requiredKeys: ['name'] },
  )
  const object = fc
    .record({
      labels: fc.dictionary(fc.constantFrom('l', 'm'), fc.constantFrom('1', '2')),
      finalizers: names,
      containers: fc.uniqueArray(container, { selector: ({ name }) => name, minLength: 1, maxLength: 2 }),
    })
    .map(({ labels, finalizers, containers }) => ({
      ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', labels, finalizers }, spec: { containers } },
    }))
  const revised = ({ containers }: { containers: Fields[] }) => ({
    containers: containers.map(({ image, ...rest }) => ({ ...rest, ...(image !== undefined && { image: 'z' }) })),
  })
  let found = 0
  fc.assert(
    fc.property(object, object, object, fc.boolean(), (before, more, wanted, same) => {
      const applied: Fields = same ? { ...before, spec: revised(before.spec) } : wanted
      const live = mergeObjects(type, cloneJson(more as Fields), cloneJson(before as Fields))
      const { object: result, changes } = find({ before, live, applied })
      if (!changes) return
      found++
      const merged = mergeObjects(type, cloneJson(live), cloneJson(applied))
      changeValues(changes)
      expect(result).toEqual(merged)
      expect(sameSet(setOf(applied), setOf(before))).toBe(true)
    }),
    { seed: 1, numRuns: 1_000 },
  )
  expect(found).toBeGreaterThan(100)
})
