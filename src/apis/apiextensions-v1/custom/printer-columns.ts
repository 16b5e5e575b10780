/** The columns of a custom resource's table: JSONPaths that its definition gives, or its age. */
import { humanDuration } from '../../../machinery/duration.js'
import { goNumber } from '../../../machinery/go-number.js'
import { stringifyJson } from '../../../machinery/json/stringify.js'
import { evaluateSteps } from '../../../machinery/json-path/evaluate.js'
import { JsonPathError, parseJsonPath, type Step } from '../../../machinery/json-path/parse.js'
import type { Cell, PrinterColumn } from '../../../machinery/kind.js'
import type { AnyObject } from '../../../machinery/object-meta.js'
import type { CustomResourceColumnDefinition } from '../../generated/apiextensions-v1.js'
import { age } from '../../printing/age.js'

const isNumber = (value: unknown): value is number | bigint => typeof value === 'number' || typeof value === 'bigint'

/** A value as Go prints it; what is made of several is JSON. */
export function printedValue(value: unknown): string {
  if (value === null) return '<no value>'
  if (isNumber(value)) return goNumber(value)
  return typeof value === 'object' ? stringifyJson(value) : String(value)
}

const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/

function dateCell(value: unknown, now: number): Cell {
  if (typeof value !== 'string') return null
  if (!value) return '<unknown>'
  const time = rfc3339.test(value) ? Date.parse(value) : Number.NaN
  return Number.isNaN(time) ? '<invalid>' : humanDuration(now - Math.floor(time / 1000) * 1000)
}

function cellOf(type: string, value: unknown, now: number): Cell {
  if (type === 'string') return printedValue(value)
  if (type === 'date') return dateCell(value, now)
  if (type === 'boolean') return typeof value === 'boolean' ? value : null
  if (!isNumber(value)) return null
  return type === 'integer' ? Math.trunc(Number(value)) : Number(value)
}

function columnOf(definition: CustomResourceColumnDefinition, steps: readonly Step[]): PrinterColumn<AnyObject> {
  const { name, type, format, description, jsonPath, priority } = definition
  return {
    name,
    type: type as NonNullable<PrinterColumn<AnyObject>['type']>,
    ...(format && { format }),
    description: description || `Custom resource definition column (in JSONPath format): ${jsonPath}`,
    ...(priority && { priority }),
    of(object, now) {
      const [value] = evaluateSteps(steps, object)
      return value === undefined ? null : cellOf(type, value, now)
    },
  }
}

const defaultColumn: CustomResourceColumnDefinition = {
  name: 'Age',
  type: 'date',
  description: age.description ?? '',
  jsonPath: '.metadata.creationTimestamp',
}

/** Columns from the first that cannot be read on are left out, as upstream leaves them out. */
export function customColumns(definitions: readonly CustomResourceColumnDefinition[] = []): PrinterColumn<AnyObject>[] {
  const columns: PrinterColumn<AnyObject>[] = []
  for (const definition of definitions.length ? definitions : [defaultColumn]) {
    try {
      columns.push(columnOf(definition, parseJsonPath(definition.jsonPath)))
    } catch (error) {
      if (!(error instanceof JsonPathError)) throw error
      return columns
    }
  }
  return columns
}
