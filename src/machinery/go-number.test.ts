import { describe, expect, test } from '@jest/globals'
import { goFloat, goNumber } from './go-number.js'

describe('goFloat', () => {
  test.each<[number, string]>([
    [0, '0'],
    [0.1, '0.1'],
    [100_000, '100000'],
    [1_000_000, '1e+06'],
    [1_234_567, '1.234567e+06'],
    [1e20, '1e+20'],
    [1e21, '1e+21'],
    [0.0001, '0.0001'],
    [0.000_015, '1.5e-05'],
    [-2_500_000, '-2.5e+06'],
  ])('%p is printed as %s', (value, text) => {
    expect(goFloat(value)).toBe(text)
  })
})

describe('goNumber', () => {
  test.each<[number | bigint, string]>([
    [1_000_000, '1000000'],
    [9_223_372_036_854_775_807n, '9223372036854775807'],
    [9_223_372_036_854_775_808n, '9.223372036854776e+18'],
    [1e20, '1e+20'],
    [1.5, '1.5'],
  ])('%p is printed as %s', (value, text) => {
    expect(goNumber(value)).toBe(text)
  })
})
