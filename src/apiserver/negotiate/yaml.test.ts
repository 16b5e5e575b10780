import { expect, test } from '@jest/globals'
import { toYaml } from './yaml.js'

test('keys are sorted, lists stand below their key, and what looks like another type is quoted', async () => {
  const value = { b: 'yes', a: '2026-11-21T15:03:01Z', c: [{ y: [], x: 1 }], n: '221', e: '', t: 'plain' }
  expect(await toYaml(value)).toBe(
    'a: "2026-11-21T15:03:01Z"\nb: "yes"\nc:\n- x: 1\n  "y": []\ne: ""\n"n": "221"\nt: plain\n',
  )
})
