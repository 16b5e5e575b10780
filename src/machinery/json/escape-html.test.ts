import { expect, test } from '@jest/globals'
import { escapeHtml } from './escape-html.js'

test('what means something in HTML or JavaScript is escaped, and reads as the same value', () => {
  const value = { '<a>': 'b & c\u2028\u2029', plain: 'é"\\' }
  const json = escapeHtml(JSON.stringify(value))
  expect(json).toBe('{"\\u003ca\\u003e":"b \\u0026 c\\u2028\\u2029","plain":"é\\"\\\\"}')
  expect(JSON.parse(json)).toEqual(value)
})
