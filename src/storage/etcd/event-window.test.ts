import { describe, expect, test } from '@jest/globals'
import type { StorageEvent } from '../storage.js'
import { EventWindow } from './event-window.js'
import { HeadRevision } from './head-revision.js'
import { KeySpace } from './key-space.js'
import { Turns } from './turns.js'

const event = (revision: number, key = 'a', size = 1): StorageEvent => ({
  type: 'put',
  key,
  revision,
  current: { key, bytes: new Uint8Array(size), createRevision: revision, modRevision: revision },
})
const revisions = (events: readonly StorageEvent[]) => events.map(({ revision }) => revision)

describe('EventWindow', () => {
  test('gives what came after a revision, holes or not', () => {
    const window = new EventWindow(7, { maxEvents: 10, maxBytes: 1000 })
    for (const revision of [8, 12, 13]) window.push(event(revision))
    expect([7, 8, 9, 12, 13].map(from => revisions(window.after(from)))).toEqual([
      [8, 12, 13],
      [12, 13],
      [12, 13],
      [13],
      [],
    ])
  })

  test('finds a key among those of one revision', () => {
    const window = new EventWindow(7, { maxEvents: 10, maxBytes: 1000 })
    window.push(event(8, 'a'))
    window.push(event(8, 'b'))
    expect([window.find(8, 'b')?.key, window.find(8, 'c'), window.find(9, 'b')]).toEqual(['b', undefined, undefined])
  })

  test.each([
    { name: 'events', bounds: { maxEvents: 2, maxBytes: 1000 } },
    { name: 'bytes', bounds: { maxEvents: 10, maxBytes: 20 } },
  ])('is bounded by $name: the floor rises', ({ bounds }) => {
    const window = new EventWindow(0, bounds)
    for (const revision of [3, 5, 9]) window.push(event(revision, 'a', 10))
    expect([window.floor, revisions(window.after(window.floor))]).toEqual([3, [5, 9]])
  })

  test('is trimmed to a revision between two events', () => {
    const window = new EventWindow(0, { maxEvents: 10, maxBytes: 1000 })
    for (const revision of [3, 5, 9]) window.push(event(revision))
    window.trim(7)
    expect([window.floor, revisions(window.after(7))]).toEqual([7, [9]])
  })
})

describe('HeadRevision', () => {
  test('asks anew for who comes after a question was asked, once for all of them', async () => {
    const answers: ((revision: number) => void)[] = []
    const head = new HeadRevision(() => new Promise(resolve => answers.push(resolve)))
    const first = head.read()
    const [second, third] = [head.read(), head.read()]
    expect(answers).toHaveLength(1)
    answers[0]!(5)
    expect(await first).toBe(5)
    await Promise.resolve()
    expect(answers).toHaveLength(2)
    answers[1]!(6)
    expect(await Promise.all([second, third])).toEqual([6, 6])
  })

  test('goes on after a question that failed', async () => {
    let asked = 0
    const head = new HeadRevision(async () => {
      if (++asked === 1) throw new Error('no etcd')
      return asked
    })
    const [first, second] = await Promise.allSettled([head.read(), head.read()])
    expect([first.status, second]).toEqual(['rejected', { status: 'fulfilled', value: 2 }])
  })
})

test('Turns: works of one key follow each other, failed ones too; those of others do not wait', async () => {
  const turns = new Turns()
  const done: string[] = []
  let letGo = () => {}
  const held = new Promise<void>(resolve => {
    letGo = resolve
  })
  const first = turns.take('a', async () => {
    await held
    done.push('a1')
    throw new Error('failed')
  })
  const second = turns.take('a', async () => done.push('a2'))
  await turns.take('b', async () => done.push('b'))
  letGo()
  await expect(first).rejects.toThrow('failed')
  await second
  expect(done).toEqual(['b', 'a1', 'a2'])
})

describe('KeySpace', () => {
  const keys = new KeySpace({ prefix: '/team', directory: '/registry/' })

  test('puts keys below the prefix and takes it off again', () => {
    expect(keys.toEtcd('/registry/pods/a')).toBe('/team/registry/pods/a')
    expect(keys.fromEtcd('/team/registry/pods/a')).toBe('/registry/pods/a')
  })

  test('a range is all that begins so, or what follows a key', () => {
    expect(keys.range('/registry/pods/')).toEqual({ key: '/team/registry/pods/', rangeEnd: '/team/registry/pods0' })
    expect(keys.range('/registry/pods/', '/registry/pods/a')).toEqual({
      key: '/team/registry/pods/a\0',
      rangeEnd: '/team/registry/pods0',
    })
  })
})
