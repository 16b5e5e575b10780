import { describe, expect, test } from '@jest/globals'
import { readKubeletConfig } from './kubelet-config.js'
import type { KubeletFlags } from './kubelet-flags.js'

describe('readKubeletConfig', () => {
  test('images go as with the kubelet, unless told otherwise', () => {
    const minutes = 60_000
    expect(readKubeletConfig({}).imagePolicy).toEqual({
      highPercent: 85,
      lowPercent: 80,
      minimumAgeMs: 2 * minutes,
      maximumAgeMs: 0,
    })
    const flags = { 'image-gc-high-threshold': '100', 'image-gc-low-threshold': '99', 'image-maximum-gc-age': '1h' }
    expect(readKubeletConfig(flags).imagePolicy).toMatchObject({ highPercent: 100, maximumAgeMs: 60 * minutes })
  })

  test('what more is to be left belongs to its threshold', () => {
    const flags = { 'eviction-hard': 'nodefs.available<1Gi', 'eviction-minimum-reclaim': 'nodefs.available=500Mi' }
    expect(readKubeletConfig(flags).eviction?.thresholds).toEqual([
      { signal: 'nodefs.available', value: '1Gi', graceMs: 0, reclaim: '500Mi' },
    ])
  })

  test.each<[KubeletFlags, string]>([
    [{ 'image-gc-high-threshold': '101' }, '--image-gc-high-threshold: invalid value 101: must be in range [0-100]'],
    [
      { 'image-gc-high-threshold': '70' },
      '--image-gc-low-threshold: must be lower than --image-gc-high-threshold (70), not 80',
    ],
    [{ 'minimum-image-ttl-duration': 'long' }, '--minimum-image-ttl-duration: '],
    [{ 'eviction-minimum-reclaim': 'memory.available<1Gi' }, '--eviction-minimum-reclaim: unsupported eviction signal'],
    [{ 'eviction-minimum-reclaim': 'memory.available=-1' }, 'must be positive'],
  ])('refuses %j', (flags, message) => {
    expect(() => readKubeletConfig(flags)).toThrow(message)
  })
})
