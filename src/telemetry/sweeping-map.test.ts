import { expect, test } from '@jest/globals'
import { SweepingMap } from './sweeping-map.js'

test('what is gone goes before there is much of it, what is there stays', () => {
  const there = new Set(['a', 'b'])
  const map = new SweepingMap<string, string[]>(names => {
    const left = names.filter(name => there.has(name))
    return left.length ? left : undefined
  })
  map.set('one', ['a', 'gone']).set('two', ['b'])
  let most = 0
  for (let n = 0; n < 5000; n++) {
    map.set(`made up ${n}`, [String(n)])
    most = Math.max(most, map.size)
    expect(map.get(`made up ${n}`)).toEqual([String(n)])
  }
  expect(most).toBeLessThan(129)
  expect([map.get('one'), map.get('two')]).toEqual([['a'], ['b']])
})

test('a map of what is there may grow', () => {
  const map = new SweepingMap<number, number>(value => value)
  for (let n = 0; n < 5000; n++) map.set(n, n)
  expect(map.size).toBe(5000)
})
