import { describe, expect, test } from '@jest/globals'
import { byOwnerUid, Indexer, keyOf, parseKey } from './indexer.js'

const pod = (name: string, extra: object = {}) => ({ metadata: { name, namespace: 'a', uid: `uid-${name}`, ...extra } })

describe('an indexer', () => {
  test('finds objects by key, namespace, owner and added indexes', () => {
    const cache = new Indexer<ReturnType<typeof pod>>()
    cache.set(pod('one', { ownerReferences: [{ uid: 'o' }] }))
    cache.set(pod('two'))
    cache.addIndex('first', o => [o.metadata.name[0] ?? ''])
    expect(cache.get({ namespace: 'a', name: 'one' })?.metadata.uid).toBe('uid-one')
    expect(cache.list('a').map(keyOf)).toEqual(['a/one', 'a/two'])
    expect(cache.list('b')).toEqual([])
    expect(cache.byIndex(byOwnerUid, 'o').map(keyOf)).toEqual(['a/one'])
    expect(cache.byIndex('first', 't').map(keyOf)).toEqual(['a/two'])
  })

  test('moves an object that changed in every index, and forgets one that went', () => {
    const cache = new Indexer<ReturnType<typeof pod>>()
    cache.set(pod('one', { ownerReferences: [{ uid: 'o' }] }))
    cache.set(pod('one', { ownerReferences: [{ uid: 'p' }] }))
    expect([cache.byIndex(byOwnerUid, 'o').length, cache.byIndex(byOwnerUid, 'p').length]).toEqual([0, 1])
    cache.delete('a/one')
    expect([cache.byIndex(byOwnerUid, 'p').length, cache.size]).toEqual([0, 0])
  })

  test.each(['default/web', 'node-1'])('parses the key %s back', key => {
    const { name, namespace } = parseKey(key)
    expect(keyOf({ metadata: { name, namespace } })).toBe(key)
  })
})
