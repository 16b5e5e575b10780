import { expect, test } from '@jest/globals'
import { toYaml } from './yaml.js'

test('keys are sorted, lists stand below their key, and what looks like another type is quoted', async () => {
  const value = { b: 'yes', a: '2026-11-21T15:03:01Z', c: [{ y: [], x: 1 }], n: '221', e: '', t: 'plain' }
  expect(await toYaml(value)).toBe(
    'a: "2026-11-21T15:03:01Z"\nb: "yes"\nc:\n- x: 1\n  "y": []\ne: ""\n"n": "221"\nt: plain\n',
  )
})

test('integers beyond 2^53 are integers, texts of their digits are not', async () => {
  const value = { big: 9007199254740993n, text: '9007199254740993', absent: undefined, list: [-9007199254740993n, 1] }
  expect(await toYaml(value)).toBe('big: 9007199254740993\nlist:\n- -9007199254740993\n- 1\ntext: "9007199254740993"\n')
})
