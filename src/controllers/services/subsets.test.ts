import { expect, test } from '@jest/globals'
import type { EndpointSubset } from '../../apis/generated/core-v1.js'
import { repackSubsets } from './subsets.js'

const [a, b] = [{ ip: '10.0.0.1' }, { ip: '10.0.0.2' }]
const [http, dns] = [
  { name: 'http', port: 80, protocol: 'TCP' },
  { name: 'dns', port: 53, protocol: 'UDP' },
]

test.each<[string, EndpointSubset[], EndpointSubset[]]>([
  ['nothing', [], []],
  ['ports without addresses go', [{ ports: [http] }], []],
  ['addresses without ports stay', [{ addresses: [a] }], [{ addresses: [a] }]],
  [
    'the same ports are one subset',
    [
      { addresses: [a], ports: [http] },
      { addresses: [b, a], ports: [http] },
    ],
    [{ addresses: [a, b], ports: [http] }],
  ],
  [
    'the same addresses are one subset',
    [
      { addresses: [a], ports: [http] },
      { addresses: [a], ports: [dns] },
    ],
    [{ addresses: [a], ports: [dns, http] }],
  ],
  [
    'not ready counts more than ready',
    [
      { notReadyAddresses: [a], ports: [http] },
      { addresses: [a, b], ports: [http] },
    ],
    [{ addresses: [b], notReadyAddresses: [a], ports: [http] }],
  ],
  [
    'an address of two pods stands twice',
    [
      {
        addresses: [
          { ...a, targetRef: { uid: '1' } },
          { ...a, targetRef: { uid: '2' } },
        ],
        ports: [http],
      },
    ],
    [
      {
        addresses: [
          { ...a, targetRef: { uid: '1' } },
          { ...a, targetRef: { uid: '2' } },
        ],
        ports: [http],
      },
    ],
  ],
])('%s', (_, subsets, packed) => {
  expect(repackSubsets(subsets)).toEqual(packed)
})
