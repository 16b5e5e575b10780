/** list, deleteCollection and watch of the generic store. */
import { beforeEach, describe, expect, test } from '@jest/globals'
import type { StatusError } from '../machinery/status-error.js'
import { type Fixture, names, newFixture, newObject, record, scope, shown, widget } from './fixture.js'
import type { RegistryWatch, Rest } from './rest.js'

let fixture: Fixture
let widgets: Rest
beforeEach(() => {
  fixture = newFixture()
  widgets = fixture.registry.rest(widget)
})

const failure = (promise: Promise<unknown>): Promise<StatusError> =>
  promise.then(
    () => undefined as never,
    e => e,
  )
const make = (namespace: string, name: string, labels = {}, spec = {}) =>
  widgets.create(namespace, newObject(name, { metadata: { labels }, spec }), scope)
const relabel = (namespace: string, name: string, labels: Record<string, string>) =>
  widgets.update(
    { namespace, name },
    o => {
      o!.metadata.labels = labels
      return o!
    },
    scope,
  )
const remove = (namespace: string, name: string) => widgets.delete({ namespace, name }, {}, scope)

async function makeMany(): Promise<void> {
  for (const name of ['d', 'b', 'a', 'c'])
    await make('one', name, { app: name < 'c' ? 'x' : 'y' }, { node: `n-${name}` })
  await make('two', 'e', { app: 'x' }, { node: 'n-a' })
}

describe('list', () => {
  beforeEach(makeMany)

  test.each([
    { name: 'everything, in key order', options: {}, found: ['a', 'b', 'c', 'd', 'e'] },
    { name: 'a namespace', namespace: 'one', options: {}, found: ['a', 'b', 'c', 'd'] },
    { name: 'a namespace whose name begins another', namespace: 'on', options: {}, found: [] },
    { name: 'by label', options: { labelSelector: 'app=x' }, found: ['a', 'b', 'e'] },
    { name: 'by labels it must not have', options: { labelSelector: 'app notin (x)' }, found: ['c', 'd'] },
    { name: 'by label within a namespace', namespace: 'two', options: { labelSelector: 'app=x' }, found: ['e'] },
    { name: 'by field', options: { fieldSelector: 'spec.node=n-a' }, found: ['a', 'e'] },
    { name: 'by field and label', options: { fieldSelector: 'spec.node!=n-a', labelSelector: 'app=x' }, found: ['b'] },
    { name: 'by name', options: { fieldSelector: 'metadata.name=c' }, found: ['c'] },
    {
      name: 'by name within a namespace',
      namespace: 'one',
      options: { fieldSelector: 'metadata.name=c' },
      found: ['c'],
    },
    { name: 'by namespace field', options: { fieldSelector: 'metadata.namespace=two' }, found: ['e'] },
  ])('finds $name', async ({ namespace, options, found }) => {
    expect(names(await widgets.list(namespace, options))).toEqual(found)
    // Indexes follow changes.
    await make('one', 'zz', { app: 'none' })
    await remove('one', 'zz')
    expect(names(await widgets.list(namespace, options))).toEqual(found)
  })

  test('indexes follow an object whose labels and fields change', async () => {
    const byLabel = () => widgets.list(undefined, { labelSelector: 'app=y' }).then(names)
    const byField = () => widgets.list(undefined, { fieldSelector: 'spec.node=n-z' }).then(names)
    expect([await byLabel(), await byField()]).toEqual([['c', 'd'], []])
    await relabel('one', 'a', { app: 'y' })
    await widgets.update({ namespace: 'one', name: 'b' }, o => ({ ...o!, spec: { node: 'n-z' } }), scope)
    await remove('one', 'd')
    expect([await byLabel(), await byField()]).toEqual([['a', 'c'], ['b']])
  })

  test('carries bytes with the resourceVersion of each object', async () => {
    const { items, revision } = await widgets.list('one', {})
    expect(revision).toBe(5)
    for (const item of items) expect(JSON.parse(Buffer.from(item.bytes).toString())).toEqual(item.object)
    expect(items.map(i => i.object.metadata.resourceVersion)).toEqual(['3', '2', '4', '1'])
  })

  test('pages are one snapshot, whatever is written meanwhile', async () => {
    const first = await widgets.list(undefined, { limit: 2 })
    expect([names(first), first.remainingItemCount]).toEqual([['a', 'b'], 3])
    await remove('one', 'c')
    await make('one', 'bb')
    await relabel('one', 'd', { changed: 'yes' })
    const second = await widgets.list(undefined, { limit: 2, continue: first.continue })
    expect([names(second), second.remainingItemCount, second.revision]).toEqual([['c', 'd'], 1, first.revision])
    expect(second.items[1]!.object.metadata.labels).toEqual({ app: 'y' })
    const third = await widgets.list(undefined, { limit: 2, continue: second.continue })
    expect([names(third), third.continue, third.remainingItemCount]).toEqual([['e'], undefined, undefined])
  })

  test('a selected page does not count what is left', async () => {
    const page = await widgets.list(undefined, { limit: 1, labelSelector: 'app=x' })
    expect([names(page), page.remainingItemCount, page.continue !== undefined]).toEqual([['a'], undefined, true])
  })

  test('the continue token is upstream’s, relative to the namespace', async () => {
    const { continue: token = '' } = await widgets.list('one', { limit: 1 })
    expect(Buffer.from(token, 'base64url').toString()).toBe('{"v":"meta.k8s.io/v1","rv":5,"start":"/a\\u0000"}')
  })

  test('a forgotten snapshot is 410 with a token that goes on inconsistently', async () => {
    const first = await widgets.list(undefined, { limit: 2 })
    await remove('one', 'c')
    await fixture.storage.compact(fixture.storage.revision())
    const error = await failure(widgets.list(undefined, { limit: 2, continue: first.continue }))
    expect([error.code, error.reason]).toEqual([410, 'Expired'])
    const { continue: token } = error.status.metadata as unknown as { continue: string }
    const rest = await widgets.list(undefined, { continue: token })
    expect([names(rest), rest.revision]).toEqual([['d', 'e'], 6])
  })

  test.each([
    { name: 'of no known form', token: 'xx', message: 'invalid continue token: continue key is not valid' },
    {
      name: 'of another version',
      token: Buffer.from('{"v":"v9"}').toString('base64url'),
      message: 'does not recognize this encoded version v9',
    },
    {
      name: 'that leaves the prefix',
      token: Buffer.from('{"v":"meta.k8s.io/v1","rv":5,"start":"../nodes/a"}').toString('base64url'),
      message: 'continue key is not valid: ../nodes/a',
    },
  ])('a token $name is refused', async ({ token, message }) => {
    const error = await failure(widgets.list(undefined, { continue: token }))
    expect([error.code, error.message]).toEqual([400, expect.stringContaining(message)])
  })

  test('at an exact revision shows what was there', async () => {
    await remove('one', 'a')
    const list = await widgets.list(undefined, { resourceVersion: '3', resourceVersionMatch: 'Exact' })
    expect([names(list), list.revision]).toEqual([['a', 'b', 'd'], 3])
  })

  test('at a revision that is gone is 410', async () => {
    await fixture.storage.compact(4)
    const error = await failure(widgets.list(undefined, { resourceVersion: '3', resourceVersionMatch: 'Exact' }))
    expect([error.code, error.message]).toEqual([410, 'The resourceVersion for the provided list is too old.'])
  })

  test('not older than a revision to come waits for it, and gives up after three seconds', async () => {
    const inTime = widgets.list(undefined, { resourceVersion: '6' })
    await make('two', 'f')
    expect(names(await inTime)).toContain('f')
    const late = failure(widgets.list(undefined, { resourceVersion: '9' }))
    await fixture.clock.advance(3000)
    const error = await late
    expect([error.code, error.message]).toEqual([504, 'Timeout: Too large resource version: 9, current: 6'])
  })

  test('with resourceVersion 0 knows no pages', async () => {
    const list = await widgets.list(undefined, { resourceVersion: '0', limit: 1 })
    expect([names(list).length, list.continue]).toEqual([5, undefined])
  })

  test.each([
    {
      name: 'a resourceVersion that is no number',
      options: { resourceVersion: 'x' },
      message:
        'invalid resource version: resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax',
    },
    { name: 'an unknown field', options: { fieldSelector: 'spec.x=1' }, message: 'field label not supported: spec.x' },
    {
      name: 'a selector that cannot be read',
      options: { labelSelector: 'a in' },
      message: 'unable to parse requirement',
    },
  ])('$name is 400', async ({ options, message }) => {
    const error = await failure(widgets.list(undefined, options))
    expect([error.code, error.message]).toEqual([400, expect.stringContaining(message)])
  })
})

describe('deleteCollection', () => {
  beforeEach(makeMany)

  test('deletes what is selected and answers with it', async () => {
    const gone = await widgets.deleteCollection(undefined, {}, { labelSelector: 'app=x' }, scope)
    expect(names(gone)).toEqual(['a', 'b', 'e'])
    expect(names(await widgets.list(undefined, {}))).toEqual(['c', 'd'])
  })

  test('stops at the limit', async () => {
    await widgets.deleteCollection('one', {}, { limit: 1 }, scope)
    expect(names(await widgets.list(undefined, {}))).toEqual(['b', 'c', 'd', 'e'])
  })
})

describe('watch', () => {
  const watch = (options = {}, namespace?: string): Promise<RegistryWatch> =>
    widgets.watch(namespace, options, new AbortController().signal)

  test('without a revision begins with what is there, then goes live', async () => {
    await make('one', 'b')
    await make('one', 'a')
    const seen = record(await watch())
    await relabel('one', 'a', { x: 'y' })
    await remove('one', 'b')
    expect(seen.events.map(shown)).toEqual(['ADDED a@2', 'ADDED b@1', 'MODIFIED a@3', 'DELETED b@4'])
  })

  test('events have reached the watcher before the writer is answered', async () => {
    const seen = record(await watch())
    for (let n = 1; n <= 5; n++) {
      await make('one', `w${n}`)
      expect(seen.events).toHaveLength(n)
    }
  })

  test('from a revision replays what came after, from before the first use of the cache too', async () => {
    await make('one', 'a')
    await make('one', 'b')
    await remove('one', 'a')
    const seen = record(await watch({ resourceVersion: '1' }))
    await make('one', 'c')
    expect(seen.events.map(shown)).toEqual(['ADDED b@2', 'DELETED a@3', 'ADDED c@4'])
  })

  test('an object that leaves the selector is deleted as it was, one that enters is added', async () => {
    await make('one', 'a', { app: 'x' })
    const [x, y] = [record(await watch({ labelSelector: 'app=x' })), record(await watch({ labelSelector: 'app=y' }))]
    await relabel('one', 'a', { app: 'y' })
    await relabel('one', 'a', { app: 'y', more: '1' })
    await remove('one', 'a')
    expect(x.events.map(shown)).toEqual(['ADDED a@1', 'DELETED a@2'])
    expect(x.events[1]!.stored.object.metadata.labels).toEqual({ app: 'x' })
    expect(y.events.map(shown)).toEqual(['ADDED a@2', 'MODIFIED a@3', 'DELETED a@4'])
  })

  test.each([
    {
      name: 'a field',
      options: { fieldSelector: 'spec.node=n1' },
      namespace: undefined,
      found: ['ADDED a@1', 'DELETED a@3'],
    },
    { name: 'a namespace', options: {}, namespace: 'two', found: ['ADDED b@2'] },
    { name: 'one object', options: { fieldSelector: 'metadata.name=b' }, namespace: 'two', found: ['ADDED b@2'] },
    {
      name: 'a name anywhere',
      options: { fieldSelector: 'metadata.name=a' },
      namespace: undefined,
      found: ['ADDED a@1', 'MODIFIED a@3'],
    },
  ])('tells only of $name', async ({ options, namespace, found }) => {
    const seen = record(await watch(options, namespace))
    await make('one', 'a', {}, { node: 'n1' })
    await make('two', 'b', {}, { node: 'n2' })
    await widgets.update({ namespace: 'one', name: 'a' }, o => ({ ...o!, spec: { node: 'n2' } }), scope)
    expect(seen.events.map(shown)).toEqual(found)
  })

  test('all watchers of an event share its bytes', async () => {
    const [first, second] = [record(await watch()), record(await watch({ labelSelector: 'a!=b' }))]
    await make('one', 'a')
    expect(first.events[0]).toBe(second.events[0])
    const { frame } = first.events[0]!
    expect(second.events[0]!.frame).toBe(frame)
    const { bytes } = first.events[0]!.stored
    expect(Buffer.from(frame).toString()).toBe(`{"type":"ADDED","object":${Buffer.from(bytes)}}\n`)
  })

  test('history that is gone is an ERROR event of 410, and the end', async () => {
    await make('one', 'a')
    await make('one', 'b')
    await fixture.storage.compact(2)
    const seen = record(await watch({ resourceVersion: '1' }))
    expect([seen.events.map(shown), seen.ended]).toEqual([['ERROR 410'], true])
    expect(seen.events[0]!.status!.message).toBe('too old resource version: 1 (2)')
  })

  test('a revision to come is waited for', async () => {
    const seen = record(await watch({ resourceVersion: '2' }))
    for (const name of ['a', 'b', 'c']) await make('one', name)
    expect(seen.events.map(shown)).toEqual(['ADDED c@3'])
  })

  test('sendInitialEvents ends the initial state with a marked bookmark', async () => {
    await make('one', 'a')
    const options = { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan', allowWatchBookmarks: true }
    const seen = record(await watch(options))
    await make('one', 'b')
    expect(seen.events.map(shown)).toEqual(['ADDED a@1', 'BOOKMARK @1', 'ADDED b@2'])
    expect(seen.events[1]!.stored.object).toMatchObject({
      kind: 'Widget',
      apiVersion: 'example.com/v1',
      metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } },
    })
  })

  test('sendInitialEvents for a revision that does not come is an ERROR event of 504', async () => {
    const options = { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan', resourceVersion: '7' }
    const late = watch(options)
    await fixture.clock.advance(3000)
    expect(record(await late).events.map(shown)).toEqual(['ERROR 504'])
  })

  test('bookmarks come about every minute, and before the timeout ends the watch', async () => {
    const seen = record(await watch({ allowWatchBookmarks: true, timeoutSeconds: 100 }))
    const plain = record(await watch({ timeoutSeconds: 100 }))
    await make('one', 'a')
    await fixture.clock.advance(75_000)
    expect(seen.events.map(shown)).toEqual(['ADDED a@1', 'BOOKMARK @1'])
    await fixture.clock.advance(25_000)
    expect([seen.events.at(-1)!.type, seen.ended, plain.ended]).toEqual(['BOOKMARK', true, true])
    expect(plain.events.map(shown)).toEqual(['ADDED a@1'])
  })

  test('a paused consumer gets the rest on resume, in order', async () => {
    for (let n = 0; n < 450; n++) await make('one', `w${String(n).padStart(3, '0')}`)
    const watching = await watch()
    const batches: number[] = []
    watching.onEvents(
      batch => {
        batches.push(batch.length)
        return false
      },
      () => {},
    )
    await make('one', 'x')
    for (let n = 0; n < 4; n++) watching.resume()
    expect(batches).toEqual([200, 200, 50, 1])
  })

  test('a consumer that lags too far behind is cut off', async () => {
    const watching = await watch()
    let ended = false
    watching.onEvents(
      () => false,
      () => {
        ended = true
      },
    )
    for (let n = 0; n < 10_010 && !ended; n++) await make('one', `w${n}`)
    expect(ended).toBe(true)
  })

  test('can be iterated, until its signal aborts', async () => {
    await make('one', 'a')
    const controller = new AbortController()
    const seen: string[] = []
    for await (const event of await widgets.watch(undefined, {}, controller.signal)) {
      seen.push(shown(event))
      if (seen.length === 1) await make('one', 'b')
      else controller.abort()
    }
    expect(seen).toEqual(['ADDED a@1', 'ADDED b@2'])
  })

  test('a resourceVersion that is no number is 400', async () => {
    const error = await failure(watch({ resourceVersion: 'x' }))
    expect([error.code, error.message]).toEqual([
      400,
      'resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax',
    ])
  })

  test('ends when its kind goes', async () => {
    const seen = record(await watch())
    fixture.registry.remove(widget)
    expect([seen.ended, fixture.registry.find('example.com', 'v1', 'widgets')]).toEqual([true, undefined])
  })
})
