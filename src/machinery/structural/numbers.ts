/** Validates numbers: bounds and multiples, in Go's arithmetic of integers and floats. */
import { goNumber, isGoInteger } from '../go-number.js'
import { type Finding, Findings } from './finding.js'
import type { JsonSchema } from './json-schema.js'

/** Of a float, up to a relative error of 1e-9. */
function isNearlyInteger(value: number): boolean {
  if (!Number.isFinite(value) || Math.abs(value) > Number.MAX_SAFE_INTEGER) return false
  const whole = Math.trunc(value)
  if (whole === value) return true
  if (value === 0 || whole === 0) return false
  return Math.abs(value - whole) / (Math.abs(value) + Math.abs(whole)) < 1e-9
}

/** A bound is cut to an integer where the value is one. */
const boundFor = (value: number | bigint, bound: number) => (isGoInteger(value) ? Math.trunc(bound) : bound)

function multipleFinding(value: number | bigint, factor: number, path: string): Finding | undefined {
  if (factor <= 0) {
    const message = `factor MultipleOf declared for ${path} must be positive: ${goNumber(factor)}`
    return { code: 'other', path, value: factor, message }
  }
  const fits = isGoInteger(value)
    ? BigInt(value) % BigInt(factor) === 0n
    : isNearlyInteger(factor < 1 ? (1 / factor) * Number(value) : Number(value) / factor)
  if (fits) return undefined
  return { code: 'other', path, value, message: `${path} in body should be a multiple of ${goNumber(factor)}` }
}

export function numberFindings(schema: JsonSchema, value: number | bigint, path: string): Findings {
  const findings = new Findings()
  const { multipleOf, maximum, minimum, exclusiveMaximum, exclusiveMinimum } = schema
  const add = (message: string) => findings.add({ code: 'other', path, value, message: `${path} in body ${message}` })
  if (multipleOf !== undefined) {
    const found = multipleFinding(value, boundFor(value, multipleOf), path)
    if (found) findings.add(found)
  }
  if (minimum !== undefined) {
    const bound = boundFor(value, minimum)
    if (exclusiveMinimum ? value <= bound : value < bound)
      add(`should be greater than ${exclusiveMinimum ? '' : 'or equal to '}${goNumber(bound)}`)
  }
  if (maximum !== undefined) {
    const bound = boundFor(value, maximum)
    if (exclusiveMaximum ? value >= bound : value > bound)
      add(`should be less than ${exclusiveMaximum ? '' : 'or equal to '}${goNumber(bound)}`)
  }
  findings.matches++
  return findings
}
