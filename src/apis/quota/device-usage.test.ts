import { expect, test } from '@jest/globals'
import type { ResourceClaim } from '../generated/resource-v1.js'
import { deviceUsage } from './device-usage.js'

const exact = (deviceClassName: string, count: number) => ({ deviceClassName, allocationMode: 'ExactCount', count })
const of = (name: string) => `${name}.deviceclass.resource.k8s.io/devices`

test.each([
  ['a count', [{ name: 'r', exactly: exact('gpu', 3) }], { [of('gpu')]: '3' }],
  ['all there are', [{ name: 'r', exactly: { deviceClassName: 'gpu', allocationMode: 'All' } }], { [of('gpu')]: '32' }],
  [
    'the most of its alternatives',
    [
      {
        name: 'r',
        firstAvailable: [
          { name: 'a', ...exact('gpu', 2) },
          { name: 'b', ...exact('gpu', 5) },
          { name: 'c', ...exact('nic', 1) },
        ],
      },
    ],
    { [of('gpu')]: '5', [of('nic')]: '1' },
  ],
  [
    'the sum of its requests',
    [
      { name: 'r', exactly: exact('gpu', 1) },
      { name: 's', exactly: exact('gpu', 2) },
    ],
    { [of('gpu')]: '3' },
  ],
])('a claim takes %s', (_what, requests, usage) => {
  const claim = { metadata: { name: 'c' }, spec: { devices: { requests } } } as unknown as ResourceClaim
  expect(deviceUsage(claim)).toEqual(usage)
})
