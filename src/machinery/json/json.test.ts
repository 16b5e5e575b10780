import { describe, expect, test } from '@jest/globals'
import { messageOf } from '../testing/message-of.js'
import { maxJsonDepth, parseJson } from './parse.js'
import { parseExactJson } from './parse-exact.js'
import { stringifyJson } from './stringify.js'

describe('parseJson', () => {
  test.each([
    { name: 'nothing unusual', text: '{"a":{"b":[1,{"c":null}]},"d":"x:\\"{["}', strictErrors: [] },
    {
      name: 'doubled keys at several levels',
      text: '{"a":{"b":1,"b":2},"a":3,"c":[{"d":1,"d":1}]}',
      strictErrors: ['duplicate field "a.b"', 'duplicate field "a"', 'duplicate field "c[0].d"'],
    },
    { name: 'a key three times', text: '{"a":1,"a":2,"a":3}', strictErrors: ['duplicate field "a"'] },
    { name: 'a key doubled by an escape', text: '{"a":1,"\\u0061":2}', strictErrors: ['duplicate field "a"'] },
    { name: 'an array', text: ' [1, "2", true, [] , {} ] ', strictErrors: [] },
  ])('$name', ({ text, strictErrors }) => {
    const parsed = parseJson(Buffer.from(text))
    expect(parsed).toEqual({ value: JSON.parse(text), strictErrors })
  })

  test('integers beyond 2^53 stay exact', () => {
    const text =
      '{"a":9223372036854775807,"b":[-9007199254740993],"c":1234567890123456,"d":"9223372036854775807","e":1.5}'
    const { value } = parseJson(text)
    expect(value).toEqual({
      a: 9223372036854775807n,
      b: [-9007199254740993n],
      c: 1234567890123456,
      d: '9223372036854775807',
      e: 1.5,
    })
    expect(stringifyJson(value)).toBe(text)
  })

  test('__proto__ is a field', () => {
    for (const text of ['{"__proto__":{"x":1}}', '{"__proto__":{"x":1},"y":1234567890123456789}']) {
      const { value } = parseJson(text)
      expect(Object.keys(value as object)).toContain('__proto__')
      expect((value as Record<string, unknown>).x).toBeUndefined()
    }
  })

  test('deep nesting is refused before it is parsed', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
    expect(messageOf(() => parseJson(nested(maxJsonDepth)))).toBe('no error')
    expect(messageOf(() => parseJson(nested(maxJsonDepth + 1)))).toMatch('exceeded max depth')
    expect(messageOf(() => parseJson(nested(1_000_000)))).toMatch('exceeded max depth')
  })

  test.each([
    ['', 'unexpected end of JSON input'],
    ['{"a":1,', 'unexpected end of JSON input'],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ['[1,]', "invalid character ']' looking for beginning of value"],
    ['nulx', "invalid character 'x' in literal null (expecting 'l')"],
    ['tru e', "invalid character ' ' in literal true (expecting 'e')"],
    ['"a\\x"', "invalid character 'x' in string escape code"],
    ['"\\u12g"', "invalid character 'g' in \\u hexadecimal character escape"],
    ['01', "invalid character '1' after top-level value"],
    ['-', "invalid character ' ' in numeric literal"],
    ['1.', "invalid character ' ' after decimal point in numeric literal"],
    ['1e', "invalid character ' ' in exponent of numeric literal"],
    ["{'a':1}", "invalid character '\\'' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b"}', `invalid character '"' after object key:value pair`],
    ['[1 2]', "invalid character '2' after array element"],
    ['"\u0001"', "invalid character '\\x01' in string literal"],
    ['{}{}', "invalid character '{' after top-level value"],
  ])('%j: %s', (text, expected) => expect(messageOf(() => parseJson(text))).toBe(expected))
})

describe('stringifyJson', () => {
  test.each([
    ['{"a":[1,null,"x"]}', { a: [1, undefined, 'x'], b: undefined }],
    ['{"a":[12345678901234567890,null],"c":{}}', { a: [12345678901234567890n, undefined], b: undefined, c: {} }],
  ])('%s', (text, value) => expect(stringifyJson(value)).toBe(text))

  test('indents as JSON.stringify does, with a bigint or without', () => {
    const value = { a: [1, [], {}], b: { c: 'x', d: undefined }, e: new Date(0) }
    const expected = JSON.stringify({ ...value, f: 1 }, null, 2)
    expect(stringifyJson({ ...value, f: 1 }, 2)).toBe(expected)
    expect(stringifyJson({ ...value, f: 12345678901234567890n }, 2)).toBe(
      expected.replace(/1\n}$/, '12345678901234567890\n}'),
    )
  })
})

describe('parseExactJson', () => {
  test.each([
    ['12345678901234567890', 12345678901234567890n],
    ['1234567890123456', 1234567890123456],
    ['"12345678901234567890"', '12345678901234567890'],
    ['1.5', 1.5],
  ])('%s', (text, value) => {
    expect(parseExactJson(`{"a":[${text}]}`)).toEqual({ a: [value] })
    expect(parseExactJson(`{"a": ${text}}`)).toEqual({ a: value })
  })

  test('refuses what is no JSON', () => expect(() => parseExactJson('{"a":12345678901234567890')).toThrow(SyntaxError))
})

test('Go names the byte that it does not expect, of text that is no UTF-8 as well', () => {
  expect(() => parseJson(Buffer.from('2dn3oA==', 'base64'))).toThrow(
    "invalid character 'Ù' looking for beginning of value",
  )
  expect(() => parseJson('é')).toThrow("invalid character 'Ã' looking for beginning of value")
})

test('half a pair of surrogates is read as U+FFFD', () => {
  expect(parseJson('["\\ud800", "\\ud83d\\ude00", "\\\\ud800", "a\\udc00b"]').value).toEqual([
    '\ufffd',
    '😀',
    '\\ud800',
    'a\ufffdb',
  ])
})
