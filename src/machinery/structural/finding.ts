/** What the validation of a value against its schema finds, and how it is told. */
import { type FieldError, invalid, notSupported, required, tooLong, tooMany, typeInvalid } from '../field-error.js'
import { goNumber } from '../go-number.js'
import { stringifyJson } from '../json/stringify.js'

/** One violation. `path` is that of the value, with a leading dot below the root where upstream has one. */
export interface Finding {
  code: 'required' | 'enum' | 'tooLong' | 'tooMany' | 'type' | 'other' | 'composite'
  path: string
  message: string
  value?: unknown
  /** Of tooLong and tooMany. */
  limit?: number
  /** Of enum. */
  allowed?: readonly unknown[]
}

/** Findings, and how much of the schema the value did match: the alternative that matched most explains best. */
export class Findings {
  readonly list: Finding[] = []
  matches = 0

  get isValid(): boolean {
    return this.list.length === 0
  }

  /** A message is told once. */
  add(finding: Finding): this {
    if (!this.list.some(known => known.message === finding.message)) this.list.push(finding)
    return this
  }

  merge(other: Findings | undefined): this {
    if (!other) return this
    for (const finding of other.list) this.add(finding)
    this.matches += other.matches
    return this
  }
}

export const oneFinding = (finding: Finding): Findings => new Findings().add(finding)

const isNumber = (value: unknown): value is number | bigint => typeof value === 'number' || typeof value === 'bigint'

function invalidValue({ value }: Finding, field: string, message: string): FieldError {
  if (!isNumber(value)) return invalid(field, value ?? '', message)
  return { type: 'FieldValueInvalid', field, message: `Invalid value: ${goNumber(value)}: ${message}` }
}

/** `base`: path of the value that was validated, `''` for an object. Composite findings have no field of their own. */
export function fieldErrorOf(finding: Finding, base: string): FieldError {
  const { code, message, value, limit = -1, allowed = [] } = finding
  const below = finding.path.replace(/^\./, '')
  const field = base && below ? `${base}.${below}` : base || below || '<nil>'
  switch (code) {
    case 'required':
      return required(field)
    case 'enum':
      return notSupported(
        field,
        value,
        allowed.map(v => (typeof v === 'string' ? v : stringifyJson(v))),
      )
    case 'tooLong':
      return tooLong(field, limit)
    case 'tooMany':
      return tooMany(field, Number(value), limit)
    case 'type':
      return typeInvalid(field, value ?? '', message)
    case 'composite':
      return invalid(base || '<nil>', '', message)
    default:
      return invalidValue(finding, field, message)
  }
}
