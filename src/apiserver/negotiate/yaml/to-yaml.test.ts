import { expect, test } from '@jest/globals'
import { toYaml } from './to-yaml.js'

test('keys are sorted, lists stand below their key, and what looks like another type is quoted', () => {
  const value = { b: 'yes', a: '2026-11-21T15:03:01Z', c: [{ y: [], x: 1 }], n: '221', e: '', t: 'plain' }
  expect(toYaml(value)).toBe(
    'a: "2026-11-21T15:03:01Z"\nb: "yes"\nc:\n- x: 1\n  "y": []\ne: ""\n"n": "221"\nt: plain\n',
  )
})

test('integers beyond 2^53 are integers, texts of their digits are not', () => {
  const value = { big: 9007199254740993n, text: '9007199254740993', absent: undefined, list: [-9007199254740993n, 1] }
  expect(toYaml(value)).toBe('big: 9007199254740993\nlist:\n- -9007199254740993\n- 1\ntext: "9007199254740993"\n')
})

const words = 'the quick brown fox jumps over the lazy dog and then some more words to come'

/** What sigs.k8s.io/yaml v1.6.0 prints for `{"v": …}`. */
const printed: [unknown, string][] = [
  [`${words} past eighty columns`, `v: ${words} past\n  eighty columns\n`],
  [`it's: ${words} past eighty`, `v: 'it''s: ${words.slice(0, -5)}\n  come past eighty'\n`],
  ['a\tb "c"', 'v: "a\\tb \\"c\\""\n'],
  ['a\nb\n', 'v: |\n  a\n  b\n'],
  ['a\nb', 'v: |-\n  a\n  b\n'],
  ['\n', 'v: |2+\n\n'],
  ['a \nb', 'v: "a \\nb"\n'],
  ['0x1F', 'v: "0x1F"\n'],
  ['089', 'v: "089"\n'],
  ['0b2', 'v: 0b2\n'],
  ['12:30', 'v: "12:30"\n'],
  ['2026-02-30', 'v: 2026-02-30\n'],
  ['1e999', 'v: 1e999\n'],
  ['10.0.0.1', 'v: 10.0.0.1\n'],
  ['- a', "v: '- a'\n"],
  ['a: b', "v: 'a: b'\n"],
  ['a #b', "v: 'a #b'\n"],
  ['#a', "v: '#a'\n"],
  ['%a', "v: '%a'\n"],
  ['?a', 'v: ?a\n'],
  ['😀', 'v: "\\U0001F600"\n'],
  ['é', 'v: é\n'],
  [1234567.5, 'v: 1.2345675e+06\n'],
  [0.00001, 'v: 1e-05\n'],
  [[['a', 'b'], {}], 'v:\n- - a\n  - b\n- {}\n'],
  [{ a10: 1, a2: 1, '.': 1, b: null }, 'v:\n  .: 1\n  a2: 1\n  a10: 1\n  b: null\n'],
  [{ ['x'.repeat(129)]: ['a'] }, `v:\n  ? ${'x'.repeat(129)}\n  : - a\n`],
]

test.each(printed)('%j', (v, text) => {
  expect(toYaml({ v })).toBe(text)
})
