import { expect, test } from '@jest/globals'
import { changePath, splitTarget } from './path-match.js'

test.each([
  ['/a/b?x=1', { path: '/a/b', query: 'x=1' }],
  ['/open/../closed', { path: '/closed', query: '' }],
  ['/open/%2e%2E/closed?q', { path: '/closed', query: 'q' }],
  ['/.well-known/x', { path: '/.well-known/x', query: '' }],
  ['/', { path: '/', query: '' }],
])('%s is looked at as %j', (target, expected) => {
  expect(splitTarget(target)).toEqual(expected)
})

test.each([
  // The table of upstream's HTTPPathModifier.
  ['/foo/bar', '/foo', '/xyz', '/xyz/bar'],
  ['/foo/bar', '/foo', '/xyz/', '/xyz/bar'],
  ['/foo/bar', '/foo/', '/xyz', '/xyz/bar'],
  ['/foo/bar', '/foo/', '/xyz/', '/xyz/bar'],
  ['/foo', '/foo', '/xyz', '/xyz'],
  ['/foo/', '/foo', '/xyz', '/xyz/'],
  ['/foo/bar', '/foo', '', '/bar'],
  ['/foo/', '/foo', '', '/'],
  ['/foo', '/foo', '', '/'],
  ['/foo/', '/foo', '/', '/'],
  ['/foo', '/foo', '/', '/'],
])('%s, whose %s becomes "%s", is %s', (path, prefix, value, expected) => {
  expect(changePath(path, { type: 'prefix', value }, prefix)).toBe(expected)
})
