/** Finds what a JSONPath points at. Fields that are not there are skipped. */
import type { Operand, Step } from './parse.js'

type Fields = Record<string, unknown>

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const own = (value: unknown, name: string): unknown[] =>
  isFields(value) && Object.hasOwn(value, name) ? [value[name]] : []

function everything(value: unknown): unknown[] {
  if (Array.isArray(value)) return value
  if (!isFields(value)) return []
  return Object.keys(value)
    .sort()
    .map(name => value[name])
}

const withDescendants = (value: unknown): unknown[] => [value, ...everything(value).flatMap(withDescendants)]

function slice(value: unknown, { start = 0, end, step = 1 }: Step & { type: 'slice' }): unknown[] {
  if (!Array.isArray(value) || step <= 0) return []
  const from = start < 0 ? start + value.length : start
  const to = end === undefined ? value.length : end < 0 ? end + value.length : Math.min(end, value.length)
  const found: unknown[] = []
  for (let i = Math.max(0, from); i < to; i += step) found.push(value[i])
  return found
}

const operandValue = (operand: Operand, item: unknown): unknown[] =>
  operand.type === 'literal' ? [operand.value] : evaluateSteps(operand.steps, item)

function compares(left: unknown, operator: string, right: unknown): boolean {
  if (operator === '==') return left === right
  if (operator === '!=') return left !== right
  const comparable = typeof left === typeof right && (typeof left === 'number' || typeof left === 'string')
  if (!comparable) return false
  const [a, b] = [left as number, right as number]
  if (operator === '<') return a < b
  if (operator === '>') return a > b
  return operator === '<=' ? a <= b : a >= b
}

function filter(value: unknown, { left, operator, right }: Step & { type: 'filter' }): unknown[] {
  if (!Array.isArray(value)) return []
  return value.filter(item => {
    const [first] = operandValue(left, item)
    if (operator === 'exists') return first !== undefined
    const [second] = operandValue(right, item)
    if (first === undefined || second === undefined) return false
    return compares(first, operator, second)
  })
}

function evaluateStep(step: Step, value: unknown): unknown[] {
  switch (step.type) {
    case 'field':
      return own(value, step.name)
    case 'wildcard':
      return everything(value)
    case 'recursive':
      return withDescendants(value)
    case 'slice':
      return slice(value, step)
    case 'union':
      return step.members.flatMap(member => evaluateStep(member, value))
    case 'filter':
      return filter(value, step)
  }
}

/** All values that the path points at, in order. */
export const evaluateSteps = (steps: readonly Step[], root: unknown): unknown[] =>
  steps.reduce<unknown[]>((values, step) => values.flatMap(value => evaluateStep(step, value)), [root])
