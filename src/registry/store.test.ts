/** create, update and delete of the generic store, against upstream's rules and words. */
import { beforeEach, describe, expect, test } from '@jest/globals'
import { defineKind } from '../machinery/kind.js'
import type { AnyObject } from '../machinery/object-meta.js'
import { StatusError } from '../machinery/status-error.js'
import { dryRun, type Fixture, failure, gadget, newFixture, newObject, scope, widget } from './fixture.js'
import type { Rest } from './rest.js'

let fixture: Fixture
let widgets: Rest
beforeEach(() => {
  fixture = newFixture()
  widgets = fixture.registry.rest(widget)
})

const key = { name: 'a', namespace: 'ns' }
const make = (rest = {}) => widgets.create('ns', newObject('a', rest), scope)
const put = (object: AnyObject, writeScope = scope) => widgets.update(key, () => structuredClone(object), writeScope)
const patch = (change: (object: AnyObject) => void, writeScope = scope) =>
  widgets.update(
    key,
    current => {
      change(current!)
      return current!
    },
    writeScope,
  )

describe('create', () => {
  test('fills what the server owns, drops what the client may not set', async () => {
    const { object, bytes, revision } = await make({
      metadata: { uid: 'mine', generation: 7, deletionTimestamp: '2020-01-01T00:00:00Z', selfLink: '/x' },
      spec: { size: 1 },
      status: { ready: true },
    })
    expect(object).toMatchObject({
      apiVersion: 'example.com/v1',
      kind: 'Widget',
      metadata: {
        name: 'a',
        namespace: 'ns',
        generation: 1,
        resourceVersion: '1',
        creationTimestamp: '2025-01-01T00:00:00Z',
        uid: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      },
      spec: { size: 1 },
    })
    expect(Object.keys(object.metadata)).not.toEqual(expect.arrayContaining(['deletionTimestamp']))
    expect(object.status).toBeUndefined()
    expect([revision, JSON.parse(Buffer.from(bytes).toString())]).toEqual([1, object])
  })

  test('is stored under upstream’s key, without resourceVersion', async () => {
    await make({ spec: {} })
    const stored = await fixture.storage.get('/registry/example.com/widgets/ns/a')
    const text = Buffer.from(stored!.bytes).toString()
    expect(text).toMatch(/^\{"kind":"Widget","apiVersion":"example.com\/v1","metadata":\{"name":"a"/)
    expect(text).not.toContain('resourceVersion')
  })

  test('generates a name', async () => {
    const { object } = await widgets.create('ns', { metadata: { generateName: 'web-' } }, scope)
    expect(object.metadata.name).toMatch(/^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/)
  })

  test.each([
    {
      name: 'a taken name',
      object: () => newObject('a'),
      code: 409,
      message: 'widgets.example.com "a" already exists',
    },
    { name: 'no name', object: () => ({ metadata: {} }), code: 422, message: 'name or generateName is required' },
    {
      name: 'a bad name',
      object: () => newObject('A_'),
      code: 422,
      message: 'Widget.example.com "A_" is invalid: metadata.name: Invalid value: "A_": a lowercase RFC 1123 subdomain',
    },
    {
      name: 'another namespace',
      object: () => newObject('b', { metadata: { namespace: 'x' } }),
      code: 400,
      message: 'the namespace of the provided object does not match the namespace sent on the request',
    },
    {
      name: 'a resourceVersion',
      object: () => newObject('b', { metadata: { resourceVersion: '1' } }),
      code: 500,
      message: 'resourceVersion should not be set on objects to be created',
    },
  ])('refuses $name', async ({ object, code, message }) => {
    await make()
    const error = await failure(widgets.create('ns', object(), scope))
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(message)])
  })

  test('says when the object in the way is being deleted', async () => {
    await make({ metadata: { finalizers: ['example.com/hold'] } })
    await widgets.delete(key, {}, scope)
    const error = await failure(make())
    expect(error.message).toBe('object is being deleted: widgets.example.com "a" already exists')
  })

  test('a dry run checks everything and writes nothing', async () => {
    const { object } = await widgets.create('ns', newObject('a'), dryRun)
    expect(object.metadata.resourceVersion).toBeUndefined()
    expect(fixture.storage.revision()).toBe(0)
    await make()
    expect((await failure(widgets.create('ns', newObject('a'), dryRun))).code).toBe(409)
    const sent = newObject('b', { metadata: { resourceVersion: '0' } })
    expect((await widgets.create('ns', sent, dryRun)).object.metadata.resourceVersion).toBe('0')
  })

  test('runs mutation, preparation, validation, admission in this order', async () => {
    const order: string[] = []
    const kind = defineKind<AnyObject>({
      ...widget,
      names: { plural: 'sprockets' },
      validate() {
        order.push('validate')
        return []
      },
      strategy: { prepareForCreate: () => void order.push('prepare') },
    })
    const rest = newFixture([kind]).registry.rest(kind)
    const hooks = { mutate: () => void order.push('mutate'), admit: () => void order.push('admit') }
    await rest.create('ns', newObject('a'), { ...scope, ...hooks })
    expect(order).toEqual(['mutate', 'prepare', 'validate', 'admit'])
  })
})

describe('update', () => {
  test('writes a new revision and raises the generation when the spec changes', async () => {
    await make({ spec: { size: 1 } })
    const { stored, created } = await put(newObject('a', { spec: { size: 2 } }))
    expect([created, stored.object.metadata.generation, stored.revision]).toEqual([false, 2, 2])
    expect((await widgets.get(key)).object.spec).toEqual({ size: 2 })
  })

  test('keeps the generation when only labels change', async () => {
    await make({ spec: { size: 1 } })
    const { stored } = await patch(o => {
      o.metadata.labels = { a: 'b' }
    })
    expect(stored.object.metadata).toMatchObject({ generation: 1, labels: { a: 'b' } })
  })

  test('keeps what the server owns, and the status', async () => {
    const first = (await make({ spec: {} })).object
    await patch(
      o => {
        o.status = { ready: 1 }
      },
      { ...scope, subresource: 'status' },
    )
    const { stored } = await put(newObject('a', { metadata: { generation: 99 }, spec: { n: 1 }, status: { ready: 2 } }))
    expect(stored.object).toMatchObject({ status: { ready: 1 }, spec: { n: 1 }, metadata: { generation: 2 } })
    expect(stored.object.metadata.uid).toBe(first.metadata.uid)
    expect(stored.object.metadata.creationTimestamp).toBe(first.metadata.creationTimestamp)
  })

  test('of the status changes status and metadata, not the spec, and not the generation', async () => {
    await make({ spec: { size: 1 } })
    const change = newObject('a', { metadata: { labels: { a: 'b' } }, spec: { size: 9 }, status: { ready: true } })
    const { stored } = await put(change, { ...scope, subresource: 'status' })
    expect(stored.object).toMatchObject({ spec: { size: 1 }, status: { ready: true } })
    expect(stored.object.metadata).toMatchObject({ generation: 1, labels: { a: 'b' } })
  })

  test('that changes nothing writes nothing', async () => {
    await make({ spec: { size: 1 } })
    const { stored } = await put(newObject('a', { spec: { size: 1 } }))
    expect([stored.revision, fixture.storage.revision()]).toEqual([1, 1])
  })

  test('that changes nothing writes once where defaults are stored late', async () => {
    const late = defineKind<AnyObject>({
      group: '',
      version: 'v1',
      kind: 'Late',
      scope: 'Cluster',
      names: { plural: 'lates' },
      strategy: { storesDefaultsLate: true },
    })
    const rest = newFixture([late]).registry.rest(late)
    await rest.create(undefined, newObject('a'), scope)
    const again = async () => (await rest.update({ name: 'a' }, current => current!, scope)).stored.revision
    expect([await again(), await again()]).toEqual([2, 2])
  })

  test('refuses a stale resourceVersion', async () => {
    const { object } = await make({ spec: {} })
    await patch(o => {
      o.spec = { n: 1 }
    })
    const error = await failure(put({ ...object, spec: { n: 2 } }))
    expect([error.code, error.reason, error.message]).toEqual([
      409,
      'Conflict',
      'Operation cannot be fulfilled on widgets.example.com "a": the object has been modified; please apply your changes to the latest version and try again',
    ])
  })

  test('without a resourceVersion wins every race, with one loses all but one', async () => {
    const { object } = await make({ spec: {} })
    const blind = await Promise.all([1, 2, 3].map(n => put(newObject('a', { spec: { n } }))))
    expect(blind.map(r => r.stored.revision).sort()).toEqual([2, 3, 4])
    const current = (await widgets.get(key)).object
    const seeing = await Promise.allSettled([7, 8].map(n => put({ ...structuredClone(current), spec: { n } })))
    expect(seeing.map(r => r.status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(object.spec).toEqual({})
  })

  test('needs a resourceVersion where the kind says so', async () => {
    const kind = defineKind<AnyObject>({
      ...gadget,
      names: { plural: 'careful' },
      strategy: { allowUnconditionalUpdate: false },
    })
    const rest = newFixture([kind]).registry.rest(kind)
    await rest.create(undefined, newObject('a'), scope)
    const error = await failure(rest.update({ name: 'a' }, () => newObject('a', { x: 1 }), scope))
    expect(error.message).toBe(
      'careful "a" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
    )
  })

  test('refuses another uid, with upstream’s storage error', async () => {
    const { object } = await make()
    const error = await failure(put(newObject('a', { metadata: { uid: 'other' } })))
    expect(error.message).toBe(
      `Operation cannot be fulfilled on widgets.example.com "a": StorageError: invalid object, Code: 4, Key: /registry/example.com/widgets/ns/a, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: other, UID in object meta: ${object.metadata.uid}`,
    )
  })

  test('refuses a change of an immutable field', async () => {
    const kind = defineKind<AnyObject>({ ...gadget, names: { plural: 'fixed' }, immutable: ['spec.selector'] })
    const rest = newFixture([kind]).registry.rest(kind)
    await rest.create(undefined, newObject('a', { spec: { selector: { a: 'b' } } }), scope)
    const error = await failure(rest.update({ name: 'a' }, () => newObject('a', { spec: { selector: {} } }), scope))
    expect(error.message).toBe('Gadget "a" is invalid: spec.selector: Invalid value: {}: field is immutable')
  })

  test('hands undefined to the transform when nothing is there, and creates what it returns', async () => {
    const { stored, created } = await widgets.update(key, current => current ?? newObject('a', { spec: {} }), scope)
    expect([created, stored.revision, stored.object.metadata.generation]).toEqual([true, 1, 1])
  })

  test('a dry run shows the outcome and writes nothing', async () => {
    await make({ spec: { n: 1 } })
    const { stored } = await put(newObject('a', { spec: { n: 2 }, metadata: { selfLink: '/x' } }), dryRun)
    expect(stored.object.metadata.selfLink).toBe('/x')
    expect(stored.object).toMatchObject({ spec: { n: 2 }, metadata: { resourceVersion: '1', generation: 2 } })
    expect((await widgets.get(key)).object.spec).toEqual({ n: 1 })
  })

  test('a subresource that is no view writes what its server decided, unchecked', async () => {
    await make({ spec: {} })
    const { stored } = await patch(
      o => {
        o.status = { bound: true }
      },
      { ...scope, subresource: 'binding' },
    )
    expect(stored.object.status).toEqual({ bound: true })
  })

  test('integers beyond 2^53 survive', async () => {
    await make({ spec: { big: 9223372036854775807n } })
    await put(newObject('a', { spec: { big: 9223372036854775806n } }))
    const { bytes, object } = await widgets.get(key)
    expect(Buffer.from(bytes).toString()).toContain('"big":9223372036854775806')
    expect(object.spec).toEqual({ big: 9223372036854775806n })
  })
})

describe('delete', () => {
  test('of two who delete the same object at once, one is told that it is not there', async () => {
    await widgets.create('ns', newObject('a'), scope)
    const both = await Promise.allSettled([widgets.delete(key, {}, scope), widgets.delete(key, {}, scope)])
    expect(both.map(each => (each.status === 'fulfilled' ? 200 : each.reason.code))).toEqual([200, 404])
  })

  test('removes at once, and answers with the last state at the revision of the deletion', async () => {
    await make({ spec: { n: 1 } })
    const { stored, removed } = await widgets.delete(key, {}, scope)
    expect([removed, stored.revision, stored.object.metadata.resourceVersion]).toEqual([true, 2, '2'])
    expect((await failure(widgets.get(key))).message).toBe('widgets.example.com "a" not found')
    expect((await failure(widgets.delete(key, {}, scope))).code).toBe(404)
  })

  test('finalizers keep the object, and the last one to go removes it', async () => {
    await make({ metadata: { finalizers: ['example.com/one', 'example.com/two'] }, spec: {} })
    const first = await widgets.delete(key, {}, scope)
    expect(first.removed).toBe(false)
    expect(first.stored.object.metadata).toMatchObject({
      deletionTimestamp: '2025-01-01T00:00:00Z',
      deletionGracePeriodSeconds: 0,
      generation: 2,
    })
    await patch(o => {
      o.metadata.finalizers = ['example.com/two']
    })
    expect((await widgets.get(key)).object.metadata.finalizers).toEqual(['example.com/two'])
    await patch(o => {
      delete o.metadata.finalizers
    })
    expect((await failure(widgets.get(key))).code).toBe(404)
  })

  test('asked for again, a deletion that waits for finalizers writes nothing', async () => {
    await make({ metadata: { finalizers: ['example.com/one'] } })
    const { stored } = await widgets.delete(key, {}, scope)
    const again = await widgets.delete(key, {}, scope)
    expect(again.removed).toBe(false)
    expect(again.stored.revision).toBe(stored.revision)
  })

  test('no finalizer can be added while it is being deleted', async () => {
    await make({ metadata: { finalizers: ['example.com/one'] } })
    await widgets.delete(key, {}, scope)
    const error = await failure(patch(o => o.metadata.finalizers!.push('example.com/more')))
    expect(error.message).toContain('no new finalizers can be added if the object is being deleted')
  })

  test.each([
    { name: 'Foreground', options: { propagationPolicy: 'Foreground' as const }, finalizers: ['foregroundDeletion'] },
    { name: 'Orphan', options: { propagationPolicy: 'Orphan' as const }, finalizers: ['orphan'] },
    { name: 'orphanDependents', options: { orphanDependents: true }, finalizers: ['orphan'] },
    { name: 'Background', options: { propagationPolicy: 'Background' as const }, finalizers: undefined },
  ])('$name adds the garbage collector’s finalizer, or none', async ({ options, finalizers }) => {
    await make()
    const { stored, removed } = await widgets.delete(key, options, scope)
    expect([removed, stored.object.metadata.finalizers]).toEqual([finalizers === undefined, finalizers])
  })

  test.each([
    {
      name: 'uid',
      preconditions: { uid: 'x' },
      message:
        /the UID in the precondition \(x\) does not match the UID in record \(.+\)\. The object might have been deleted and then recreated/,
    },
    {
      name: 'resourceVersion',
      preconditions: { resourceVersion: '99' },
      message: /the ResourceVersion in the precondition \(99\) does not match the ResourceVersion in record \(1\)/,
    },
  ])('refuses when the $name is another', async ({ preconditions, message }) => {
    await make()
    const error = await failure(widgets.delete(key, { preconditions }, scope))
    expect([error.code, error.message]).toEqual([409, expect.stringMatching(message)])
  })

  test('a dry run removes nothing', async () => {
    await make()
    expect((await widgets.delete(key, { dryRun: ['All'] }, dryRun)).removed).toBe(true)
    await widgets.get(key)
  })

  test('admission may refuse', async () => {
    await make()
    const refuse = () => {
      throw new StatusError(403, 'Forbidden', 'no')
    }
    expect((await failure(widgets.delete(key, {}, { ...scope, admit: refuse }))).message).toBe('no')
    await widgets.get(key)
  })
})
