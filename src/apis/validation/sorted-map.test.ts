import { expect, test } from '@jest/globals'
import { rememberEmpty } from '../../machinery/schema/given-empty.js'
import { sortedMapIn } from './sorted-map.js'

test.each([
  { holder: { labels: { b: '1', a: '2' } }, is: '{"a":"2","b":"1"}' },
  { holder: {}, is: 'null' },
  { holder: undefined, is: 'null' },
])('$holder', ({ holder, is }) => expect(JSON.stringify(sortedMapIn(holder, 'labels'))).toBe(is))

test('a map that was sent empty is empty', () => {
  const holder = {}
  rememberEmpty(holder, [{ holder, name: 'labels', path: 'labels', value: {} }])
  expect(sortedMapIn(holder, 'labels')).toEqual({})
})
