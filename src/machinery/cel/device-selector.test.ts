/** What the stock server answers to DeviceClasses with these selectors, recorded. */
import { readFileSync } from 'node:fs'
import { beforeAll, expect, test } from '@jest/globals'
import { loadPatternEngine } from '../structural/pattern.js'
import { compileDeviceSelector, maxSelectorCost } from './device-selector.js'

interface Answer {
  expr: string
  invalid?: string
  /** Too costly. */
  forbidden?: boolean
}

const answers: Answer[] = JSON.parse(
  readFileSync(new URL('../../../test/golden/cel/device-selectors.json', import.meta.url), 'utf8'),
)

beforeAll(loadPatternEngine)

test.each(answers)('$expr', ({ expr, ...expected }) => {
  const result = compileDeviceSelector(expr)
  const answer = 'maxCost' in result ? (result.maxCost > maxSelectorCost ? { forbidden: true } : {}) : result
  expect(answer).toEqual(expected)
})
