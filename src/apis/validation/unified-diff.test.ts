import { expect, test } from '@jest/globals'
import { unifiedDiff } from './unified-diff.js'

const numbered = (count: number, change: (line: string, index: number) => string = line => line) =>
  Array.from({ length: count }, (_, i) => change(`${i + 1}`, i)).join('\n')

test('equal texts have no diff', () => {
  expect(unifiedDiff('a\nb', 'a\nb')).toBe('')
})

test('a changed line is removed and added, with three lines around it', () => {
  const after = numbered(9, (line, i) => (i === 4 ? 'five' : line))
  expect(unifiedDiff(numbered(9), after)).toBe('@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n')
})

test('an added line', () => {
  expect(unifiedDiff('a\nb', 'a\nx\nb')).toBe('@@ -1,2 +1,3 @@\n a\n+x\n b\n')
})

test('a removed line', () => {
  expect(unifiedDiff('a\nx\nb', 'a\nb')).toBe('@@ -1,3 +1,2 @@\n a\n-x\n b\n')
})

test('changes far apart make two hunks, changes close together one', () => {
  const changed = (...at: number[]) => numbered(20, (line, i) => (at.includes(i) ? `${line}!` : line))
  const hunks = (after: string) => unifiedDiff(numbered(20), after).match(/^@@.*@@$/gm)
  expect(hunks(changed(2, 15))).toEqual(['@@ -1,6 +1,6 @@', '@@ -13,7 +13,7 @@'])
  expect(hunks(changed(2, 9))).toEqual(['@@ -1,13 +1,13 @@'])
})

test('whole texts', () => {
  expect(unifiedDiff('a', 'b')).toBe('@@ -1 +1 @@\n-a\n+b\n')
})
