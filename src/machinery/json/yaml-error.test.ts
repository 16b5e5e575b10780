import { beforeAll, expect, test } from '@jest/globals'
import { loadYamlParser, type YamlParser } from './yaml.js'

let parse: YamlParser
beforeAll(async () => {
  parse = await loadYamlParser()
})

// As the stock server answered an apply of the text.
test.each([
  ['[1,', 'yaml: line 1: did not find expected node content'],
  ['[1,\n\n', 'yaml: line 2: did not find expected node content'],
  ['{', 'yaml: line 1: did not find expected node content'],
  ['{"a":', 'yaml: line 1: did not find expected node content'],
  ['{"a":1', "yaml: line 1: did not find expected ',' or '}'"],
  ['a: [1\nb: 2', "yaml: line 1: did not find expected ',' or ']'"],
  ['{"a" "b"}', "yaml: did not find expected ',' or '}'"],
  ['a: b: c', 'yaml: mapping values are not allowed in this context'],
  ['a:\n  b: c: d', 'yaml: line 2: mapping values are not allowed in this context'],
  ['a\n b: c', 'yaml: line 2: mapping values are not allowed in this context'],
  ['a: 1\n  b: 2', 'yaml: line 2: mapping values are not allowed in this context'],
  ['\u0000', 'yaml: control characters are not allowed'],
  ['a: b\u007fc', 'yaml: control characters are not allowed'],
  ['- a\nb', "yaml: line 3: could not find expected ':'"],
  ['a: 1\nb\n', "yaml: line 3: could not find expected ':'"],
  ['a: 1\n- b', 'yaml: line 1: did not find expected key'],
  ["a: 'x' y", 'yaml: did not find expected key'],
  ['a: "x', 'yaml: found unexpected end of stream'],
  ['@a', 'yaml: found character that cannot start any token'],
  ['a: `b', 'yaml: found character that cannot start any token'],
  ['*a', "yaml: unknown anchor 'a' referenced"],
  [']', 'yaml: did not find expected node content'],
  ['a: |x', 'yaml: did not find expected comment or line break'],
  ['"\\q"', 'yaml: found unknown escape character'],
])('%j', (text, message) => expect(() => parse(text)).toThrow(expect.objectContaining({ message })))

test.each([
  ['{"a":1}{"b":2}', { a: 1 }],
  ['{"a":{"b":1}} trailing', { a: { b: 1 } }],
  ['"x" y', 'x'],
  ['a: 1\n---\nb: [', { a: 1 }],
  ['# first\n---\na: 1\n...\nfoo: [', { a: 1 }],
])('%j is read up to the end of its first document', (text, value) => expect(parse(text).value).toEqual(value))
