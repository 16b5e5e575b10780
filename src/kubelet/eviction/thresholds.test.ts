import { describe, expect, test } from '@jest/globals'
import type { MachineStats } from '../stats/machine-stats.js'
import { amountOf, isMet, observe, parseReclaim, parseThresholds, quantityText, thresholdsOf } from './thresholds.js'

const machine = {
  memoryAvailableBytes: 80 * 2 ** 20,
  memoryWorkingSetBytes: 920 * 2 ** 20,
  fileSystem: { availableBytes: 5 * 2 ** 30, capacityBytes: 100 * 2 ** 30, inodesFree: 1000, inodes: 2000 },
  pids: { max: 32_768, current: 32_700 },
} as MachineStats

describe('thresholds', () => {
  test('are read from flags; those of 0 are none, and soft ones need a grace', () => {
    const soft = { soft: 'memory.available<1Gi', softGrace: 'memory.available=1m30s' }
    expect(thresholdsOf({ hard: 'memory.available<100Mi,nodefs.available<0%,pid.available<0', ...soft })).toEqual([
      { signal: 'memory.available', value: '100Mi', graceMs: 0 },
      { signal: 'memory.available', value: '1Gi', graceMs: 90_000 },
    ])
    expect(() => thresholdsOf({ hard: '', soft: soft.soft, softGrace: '' })).toThrow(
      'grace period must be specified for the soft eviction threshold memory.available',
    )
  })

  test.each([
    ['memory.free<1Gi', 'unsupported eviction signal memory.free'],
    ['memory.available', 'invalid eviction threshold syntax memory.available, expected <signal><<value>'],
    ['nodefs.available<-5%', 'eviction percentage threshold nodefs.available must be >= 0%: -5%'],
    ['nodefs.available<-5Gi', 'eviction threshold nodefs.available must be positive: -5Gi'],
    ['nodefs.available<much', 'eviction threshold nodefs.available is no quantity: much'],
  ])('%s is refused', (text, message) => {
    expect(() => parseThresholds(text)).toThrow(message)
  })

  test.each([
    ['memory.available', '100Mi', true],
    ['memory.available', '80Mi', false],
    ['nodefs.available', '10%', true],
    ['nodefs.available', '5%', false],
    ['imagefs.available', '6Gi', true],
    ['nodefs.inodesFree', '51%', true],
    ['nodefs.inodesFree', '1000', false],
    ['pid.available', '1%', true],
    ['pid.available', '60', false],
  ] as const)('%s < %s: %p', (signal, value, met) => {
    expect(isMet({ signal, value, graceMs: 0 }, observe(machine))).toBe(met)
  })

  test.each([
    ['memory.available', '50Mi', '40Mi', true],
    ['memory.available', '50Mi', '30Mi', false],
    ['nodefs.available', '4%', '2%', true],
  ] as const)('%s < %s stays met until %s more is left', (signal, value, more, met) => {
    const [threshold] = thresholdsOf({
      hard: `${signal}<${value}`,
      soft: '',
      softGrace: '',
      reclaim: parseReclaim(`${signal}=${more}`),
    })
    expect(isMet(threshold!, observe(machine))).toBe(false)
    expect(isMet(threshold!, observe(machine), true)).toBe(met)
  })

  test('what is not measured is not short', () => {
    const unknown = { ...machine, fileSystem: { ...machine.fileSystem, inodes: 0, inodesFree: 0 } }
    expect(isMet({ signal: 'nodefs.inodesFree', value: '5%', graceMs: 0 }, observe(unknown))).toBe(false)
  })

  test('amounts are told as upstream tells them', () => {
    expect(amountOf({ value: '10%' }, 1005)).toBe(100)
    expect(quantityText('memory.available', 100 * 2 ** 20)).toBe('100Mi')
    expect(quantityText('pid.available', 5000)).toBe('5k')
  })
})
