import { expect, test } from '@jest/globals'
import { goQuote } from './go-quote.js'

test.each([
  ['a plain text', 'a b', '"a b"'],
  ['quotes and backslashes', 'a"b\\c', '"a\\"b\\\\c"'],
  ['what C has names for', '\n\t\u0007\v', '"\\n\\t\\a\\v"'],
  ['control characters', 'a\u0001\u007f', '"a\\x01\\x7f"'],
  ['letters beyond ASCII', 'ünï→', '"ünï→"'],
  ['characters that are not printed', '\u00a0\u200b', '"\\u00a0\\u200b"'],
  ['private planes', '\u{f0000}', '"\\U000f0000"'],
  ['half a surrogate pair', '\ud800', '"\ufffd"'],
])('goQuote prints %s', (_, text, wanted) => {
  expect(goQuote(text)).toBe(wanted)
})
