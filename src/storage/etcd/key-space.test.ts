import { describe, expect, test } from '@jest/globals'
import { KeySpace } from './key-space.js'

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
