/** CEL's types, how they are written, and when one fits another. */

export type TypeKind =
  | 'dyn'
  | 'any'
  | 'bool'
  | 'bytes'
  | 'double'
  | 'int'
  | 'uint'
  | 'string'
  | 'null'
  | 'timestamp'
  | 'duration'
  | 'error'
  | 'type'
  | 'list'
  | 'map'
  | 'struct'
  | 'opaque'
  | 'param'

export interface CelType {
  readonly kind: TypeKind
  /** Of a struct, an opaque type, a parameter; else the kind. */
  readonly name: string
  readonly params: readonly CelType[]
}

const plain = (kind: TypeKind, name: string = kind): CelType => ({ kind, name, params: [] })

export const dynType = plain('dyn')
/** As dyn to the checker, but another type: google.protobuf.Any. */
export const anyType = plain('any')
export const boolType = plain('bool')
export const bytesType = plain('bytes')
export const doubleType = plain('double')
export const intType = plain('int')
export const uintType = plain('uint')
export const stringType = plain('string')
export const nullType = plain('null')
export const timestampType = plain('timestamp')
export const durationType = plain('duration')
export const errorType = plain('error')
export const listOf = (element: CelType): CelType => ({ kind: 'list', name: 'list', params: [element] })
export const mapOf = (key: CelType, value: CelType): CelType => ({ kind: 'map', name: 'map', params: [key, value] })
export const typeOf = (of: CelType): CelType => ({ kind: 'type', name: 'type', params: [of] })
export const structType = (name: string): CelType => plain('struct', name)
export const opaqueType = (name: string, ...params: CelType[]): CelType => ({ kind: 'opaque', name, params })
export const optionalOf = (value: CelType): CelType => opaqueType('optional_type', value)
export const paramType = (name: string): CelType => plain('param', name)

const simple: Record<string, CelType> = {
  dyn: dynType,
  any: anyType,
  bool: boolType,
  bytes: bytesType,
  double: doubleType,
  int: intType,
  uint: uintType,
  string: stringType,
  null_type: nullType,
  timestamp: timestampType,
  duration: durationType,
}

/** As `formatType` writes it; one capital letter is a parameter, `struct:x` a struct and `opaque:x` an opaque type. */
export function parseType(text: string): CelType {
  const found = simple[text]
  if (found) return found
  if (/^[A-Z]$/u.test(text)) return paramType(text)
  const [, tag, name] = /^(struct|opaque):([\w.]+)$/u.exec(text) ?? []
  if (name) return tag === 'struct' ? structType(name) : opaqueType(name)
  const [, outer, inner = ''] = /^(\w+)\((.*)\)$/u.exec(text) ?? []
  const params = splitTypes(inner).map(parseType)
  if (outer === 'list') return listOf(params[0]!)
  if (outer === 'map') return mapOf(params[0]!, params[1]!)
  if (outer === 'type') return typeOf(params[0]!)
  if (outer === 'optional_type') return optionalOf(params[0]!)
  throw new Error(`${text} is no CEL type`)
}

/** Cuts at commas outside of parentheses. */
export function splitTypes(text: string): string[] {
  const parts: string[] = []
  let depth = 0
  let start = 0
  for (let i = 0; i <= text.length; i++) {
    const char = text[i]
    if (char === '(') depth++
    else if (char === ')') depth--
    else if (char === undefined || (char === ',' && depth === 0)) {
      const part = text.slice(start, i).trim()
      if (part) parts.push(part)
      start = i + 1
    }
  }
  return parts
}

/** As cel-go writes it in messages. */
export function formatType({ kind, name, params }: CelType): string {
  if (kind === 'error') return '!error!'
  const shown = kind === 'null' ? 'null' : name
  return params.length ? `${shown}(${params.map(formatType).join(', ')})` : shown
}

const protobufNames: Partial<Record<TypeKind, string>> = {
  timestamp: 'google.protobuf.Timestamp',
  duration: 'google.protobuf.Duration',
  any: 'google.protobuf.Any',
  null: 'null_type',
}

/** As upstream prints types of results: by the names of protobuf's. */
export function resultTypeName({ kind, name, params }: CelType): string {
  const shown = protobufNames[kind] ?? name
  return params.length ? `${shown}(${params.map(resultTypeName).join(', ')})` : shown
}

export const isOptional = ({ kind, name }: CelType): boolean => kind === 'opaque' && name === 'optional_type'
export const isDyn = ({ kind }: CelType): boolean => kind === 'dyn' || kind === 'any'
export const isDynOrError = (type: CelType): boolean => isDyn(type) || type.kind === 'error'

export function sameType(a: CelType, b: CelType): boolean {
  if (a === b) return true
  return (
    a.kind === b.kind &&
    a.name === b.name &&
    a.params.length === b.params.length &&
    a.params.every((param, i) => sameType(param, b.params[i]!))
  )
}
