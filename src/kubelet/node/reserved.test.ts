import { expect, test } from '@jest/globals'
import { thresholdsOf } from '../eviction/thresholds.js'
import { reservedOf, without } from './reserved.js'

const gibi = 2 ** 30
const machine = { memory: 8 * gibi, disk: 100 * gibi }

test('what pods are not given: for the system, for the kubelet, and the margin of hard thresholds', () => {
  const reserved = reservedOf(machine, {
    system: { cpu: '500m', memory: '1Gi' },
    kube: { cpu: '1', memory: '512Mi', 'ephemeral-storage': '10Gi' },
    thresholds: thresholdsOf({
      hard: 'memory.available<512Mi,nodefs.available<10%',
      soft: 'memory.available<4Gi',
      softGrace: 'memory.available=1m',
    }),
  })
  expect(reserved).toEqual({ cpu: 1500, memory: 2 * gibi, 'ephemeral-storage': 20 * gibi })
  expect(without('cpu', '4', reserved)).toBe('2500m')
  expect(without('memory', '8Gi', reserved)).toBe('6Gi')
  expect(without('ephemeral-storage', String(100 * gibi), reserved)).toBe(String(80 * gibi))
  expect(without('cpu', '1', reserved)).toBe('0')
})

test('nothing reserved: all is given as it is', () => {
  const none = reservedOf(machine, { system: {}, kube: {}, thresholds: [] })
  expect(without('memory', '8Gi', none)).toBe('8Gi')
  expect(without('cpu', '2', none)).toBe('2')
})
