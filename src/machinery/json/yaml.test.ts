import { beforeAll, describe, expect, test } from '@jest/globals'
import { loadYamlParser, type YamlParser } from './yaml.js'

let parse: YamlParser
beforeAll(async () => {
  parse = await loadYamlParser()
})

describe('values', () => {
  test.each([
    ['0644', 420],
    ['0o17', 15],
    ['0x1f', 31],
    ['0b11', 3],
    ['08', 8],
    ['1_000', 1000],
    ['+5', 5],
    ['1e3', 1000],
    ['.5', 0.5],
    ['yes', true],
    ['y', true],
    ['On', true],
    ['NO', false],
    ['~', null],
    ['', null],
    ['Null', null],
    ['2020-01-01', '2020-01-01'],
    ['1:30', '1:30'],
    ['0o8', '0o8'],
    ['1e400', '1e400'],
    ['=', '='],
    ['"yes"', 'yes'],
    ['!!str 5', '5'],
    ['9007199254740993', 9007199254740993n],
    ['0xFFFFFFFFFFFFFFFF', 18446744073709551615n],
    ['|\n  x\n  y\n', 'x\ny\n'],
  ])('%s', (text, value) => expect(parse(`a: ${text}`)).toEqual({ value: { a: value }, strictErrors: [] }))
})

test('merges', () => {
  expect(parse('a: &x\n  b: 1\nc:\n  <<: *x\n  d: 2').value).toEqual({ a: { b: 1 }, c: { b: 1, d: 2 } })
})

test('JSON is YAML', () => expect(parse('{"a": [1, {"b": "c"}]}').value).toEqual({ a: [1, { b: 'c' }] }))

test('the first of several documents', () => expect(parse('a: 1\n---\nb: 2').value).toEqual({ a: 1 }))

test('nothing at all', () => expect(parse('# only a comment').value).toBeNull())

test('doubled keys', () => {
  expect(parse('a: 1\na: 2')).toEqual({
    value: { a: 2 },
    strictErrors: ['yaml: unmarshal errors:\n  line 2: key "a" already set in map'],
  })
})

test('__proto__ is a field', () =>
  expect(Object.keys(parse('__proto__: {x: 1}').value as object)).toEqual(['__proto__']))

test.each([
  ['a: [1, 2', /^yaml: line 1: /],
  ['a:\n\tb: 1', /^yaml: line 2: /],
  ['a: *nope', "yaml: unknown anchor 'nope' referenced"],
  ['a: .inf', /^json: unsupported value: \+Inf$/],
])('%j is refused', (text, error) => expect(() => parse(text)).toThrow(error))

test('aliases of aliases do not explode', () => {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
  for (let i = 1; i < 10; i++)
    lines.push(
      `a${i}: &a${i} [${Array(10)
        .fill(`*a${i - 1}`)
        .join(', ')}]`,
    )
  expect(() => parse(lines.join('\n'))).toThrow('excessive aliasing')
})
