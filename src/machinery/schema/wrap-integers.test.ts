import { expect, test } from '@jest/globals'
import { loadSchemas } from '../../apis/generated/schema.js'
import { wrapIntegers } from './wrap-integers.js'

const schemas = loadSchemas()

test.each([
  [2147483648, -2147483648],
  [-1, -1],
  [1e20, 0],
  [1.5, 1.5],
  ['a', 'a'],
])('%j in a field of 32 bits becomes %j', (given, set) =>
  expect(wrapIntegers(schemas, 'apps.v1.Deployment', { spec: { minReadySeconds: given, odd: given } })).toEqual({
    spec: { minReadySeconds: set, odd: given },
  }),
)

test('also in lists; beyond 64 bits is the least of them', () =>
  expect(
    wrapIntegers(schemas, 'core.v1.Pod', {
      spec: { activeDeadlineSeconds: 1e20, containers: [{ ports: [{ hostPort: 4294967297 }] }] },
    }),
  ).toEqual({ spec: { activeDeadlineSeconds: -(2n ** 63n), containers: [{ ports: [{ hostPort: 1 }] }] } }))
