/** Validates a value against an OpenAPI v3 schema: upstream's kube-openapi validation, with its words and its quirks. */

import { isGoInteger } from '../go-number.js'
import { stringifyJson } from '../json/stringify.js'
import { newAlternatives } from './alternatives.js'
import { newContents } from './contents.js'
import { deepEqualJson } from './correlation.js'
import { type Finding, Findings, oneFinding } from './finding.js'
import { formatFindings, knownFormat } from './formats.js'
import { isJsonObject, type JsonSchema } from './json-schema.js'
import { numberFindings } from './numbers.js'
import { compilePattern } from './pattern.js'
import type { Place } from './place.js'

type GoType = 'null' | 'boolean' | 'string' | 'integer' | 'number' | 'array' | 'object'

/** JSON's type as Go tells it: numbers with a fraction are `number`. */
export function goTypeOf(value: unknown): GoType {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number' || typeof value === 'bigint') return isGoInteger(value) ? 'integer' : 'number'
  return typeof value as GoType
}

const numberFormats: Readonly<Record<string, string>> = { integer: 'int64', number: 'float64' }

const typesOf = (schema: JsonSchema): readonly string[] => {
  if (schema['x-kubernetes-int-or-string']) return ['integer', 'string']
  return schema.type ? [schema.type] : []
}

/** Upstream tells a value of a wrong type by the name of its type, as if it were a text. */
const wrongType = (path: string, wanted: string, is: string): Findings =>
  oneFinding({
    code: 'type',
    path,
    value: is,
    message: `${path} in body must be of type ${wanted}: ${JSON.stringify(is)}`,
  })

const matched = (): Findings => {
  const findings = new Findings()
  findings.matches = 1
  return findings
}

function typeFindings(schema: JsonSchema, value: unknown, path: string): Findings {
  const types = typesOf(schema)
  const is = goTypeOf(value)
  if (is === 'null') return types.length && !schema.nullable ? wrongType(path, types.join(','), 'null') : matched()
  const format = knownFormat(schema.format)
  const fits = types.includes(is) || (is === 'integer' && types.includes('number'))
  const isText = is === 'string' || is === 'array'
  if (format && !isText && !fits) return wrongType(path, format, numberFormats[is] ?? '')
  if (format && isText && !types.includes('number') && !types.includes('integer')) return matched()
  return fits ? matched() : wrongType(path, types.join(','), is)
}

function textFindings(schema: JsonSchema, text: string, path: string): Findings | undefined {
  const { maxLength, minLength, pattern } = schema
  const length = maxLength === undefined && minLength === undefined ? 0 : [...text].length
  const found = (finding: Omit<Finding, 'path' | 'value'>) => oneFinding({ path, value: text, ...finding })
  if (maxLength !== undefined && length > maxLength)
    return found({
      code: 'tooLong',
      limit: maxLength,
      message: `${path} in body should be at most ${maxLength} chars long`,
    })
  if (minLength !== undefined && length < minLength)
    return found({ code: 'other', message: `${path} in body should be at least ${minLength} chars long` })
  if (pattern && !compilePattern(pattern)(text))
    return found({ code: 'other', message: `${path} in body should match '${pattern}'` })
  return undefined
}

/** Go converts the number before it compares: 1.5 is taken for the integer 1. */
function isEnumValue(value: unknown, allowed: unknown): boolean {
  if (value === null || allowed === null) return false
  const isNumber = (v: unknown): v is number | bigint => typeof v === 'number' || typeof v === 'bigint'
  if (isNumber(value) && isNumber(allowed)) {
    if (!isGoInteger(allowed)) return Number(value) === Number(allowed)
    return isGoInteger(value) ? BigInt(value) === BigInt(allowed) : Math.trunc(Number(value)) === Number(allowed)
  }
  return deepEqualJson(value, allowed)
}

function enumFindings({ enum: allowed }: JsonSchema, value: unknown, path: string): Findings | undefined {
  if (!allowed?.length || allowed.some(candidate => isEnumValue(value, candidate))) return undefined
  const shown = allowed.map(v => (typeof v === 'string' ? v : stringifyJson(v))).join(' ')
  return oneFinding({ code: 'enum', path, value, allowed, message: `${path} in body should be one of [${shown}]` })
}

const alternatives = newAlternatives(valueFindings)
const contents = newContents(valueFindings)

function* checks(schema: JsonSchema, value: unknown, place: Place): Generator<Findings | undefined> {
  const { path } = place
  const is = goTypeOf(value)
  if (typesOf(schema).length || knownFormat(schema.format)) yield typeFindings(schema, value, path)
  yield alternatives(schema, value, place)
  if (is === 'string') yield textFindings(schema, value as string, path)
  if (is === 'string' && knownFormat(schema.format)) yield formatFindings(schema.format!, value as string, path)
  if (is === 'integer' || is === 'number') yield numberFindings(schema, value as number | bigint, path)
  if (is === 'array') yield contents.list(schema, value as unknown[], place)
  yield enumFindings(schema, value, path)
  if (isJsonObject(value)) yield contents.object(schema, value, place)
}

/** Nothing is found in a value that an update leaves as it was, however wrong it is by now. */
export function valueFindings(schema: JsonSchema, value: unknown, place: Place): Findings {
  const findings = new Findings()
  if (value === null || value === undefined) {
    findings.merge(typeFindings(schema, value, place.path)).merge(enumFindings(schema, null, place.path))
  } else {
    for (const found of checks(schema, value, place)) {
      findings.merge(found)
      findings.matches++
    }
    findings.matches++
  }
  if (findings.isValid || !place.old || place.isAlternative || !deepEqualJson(value, place.old.value)) return findings
  const excused = new Findings()
  excused.matches = findings.matches
  return excused
}
