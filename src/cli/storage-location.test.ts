import { describe, expect, test } from '@jest/globals'
import { parseStorageLocation } from './storage-location.js'

describe('parseStorageLocation', () => {
  test.each([
    { text: 'file', location: { engine: 'file' } },
    { text: 'file:/var/lib/x', location: { engine: 'file', directory: '/var/lib/x' } },
    { text: 'etcd://127.0.0.1', location: { engine: 'etcd', members: ['127.0.0.1:2379'], prefix: '' } },
    { text: 'etcd://a:1,b:2,c/', location: { engine: 'etcd', members: ['a:1', 'b:2', 'c:2379'], prefix: '' } },
    { text: 'etcd://[::1]:2379/team/a/', location: { engine: 'etcd', members: ['[::1]:2379'], prefix: '/team/a' } },
  ])('reads $text', ({ text, location }) => {
    expect(parseStorageLocation('storage', text)).toEqual(location)
  })

  test.each(['', 'etcd://', 'etcd://a:b', 'etcd://a:99999', 'etcd://a,,b', 'http://a:2379', 'file:'])(
    'refuses "%s"',
    text => {
      expect(() => parseStorageLocation('storage', text)).toThrow(/^--storage/)
    },
  )
})
