/** Values for a field: some that fit, most at an edge, some of the wrong type. */
import type { FieldSchema, SchemaSet } from '../../src/machinery/schema/types.js'
import type { Chooser } from './random.js'

const strings: readonly string[] = [
  '',
  'a',
  'ok-name',
  'Upper',
  'under_score',
  'a.b.example.com',
  'example.com/thing',
  'a/b/c',
  '-dash',
  'dash-',
  'white space',
  '*',
  '../up',
  '/abs/path',
  '10.0.0.1',
  '10.0.0.300',
  '::1',
  '10.0.0.0/8',
  'http://x/y',
  'TCP',
  'tcp',
  'None',
  'true',
  '5',
  '50%',
  'ünïcode',
  'line\nbreak',
  'x'.repeat(64),
  'x'.repeat(254),
]
const integers: readonly number[] = [0, 1, -1, 2, 7, 100, 65535, 65536, 2147483647, 86400]
const quantities: readonly unknown[] = [
  '0',
  '1',
  '-1',
  '100m',
  '1Gi',
  '1.5',
  '0.1m',
  '1e3',
  'x',
  '',
  '1 Gi',
  5,
  0.5,
  '9999999999999999999',
]
const intsOrStrings: readonly unknown[] = [0, 1, -1, 80, 65536, '10%', '110%', 'http', '', 'a b', '5', '-5%']
const times: readonly unknown[] = [
  '2024-01-02T03:04:05Z',
  '2024-01-02T03:04:05.123456Z',
  '2024-01-02T03:04:05+02:00',
  'yesterday',
  '',
  5,
]
const bytes: readonly unknown[] = ['', 'YQ==', 'not base64!', 'YQ', 5]
const wrong: readonly unknown[] = ['text', 5, 1.5, true, [], {}, ['a'], { a: 1 }, -3]

const maxDepth = 3

/** Puts together an object with its required fields and some others. */
function objectOf(ref: string | undefined, context: ValueContext, depth: number): unknown {
  const type = ref ? context.schemas[ref] : undefined
  if (!type) return {}
  const { random } = context
  const out: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(type.fields)) {
    const isRequired = type.required?.includes(name)
    if (depth >= maxDepth ? isRequired && random.chance(0.5) : isRequired ? random.chance(0.9) : random.chance(0.15))
      out[name] = valueFor(field, context, depth + 1)
  }
  return out
}

export interface ValueContext {
  schemas: SchemaSet
  random: Chooser
}

/** Of the field's own type. */
export function valueFor(field: FieldSchema, context: ValueContext, depth = 0): unknown {
  const { random } = context
  switch (field.type) {
    case 'string':
      return field.enum && random.chance(0.6) ? random.pick(field.enum) : random.pick(strings)
    case 'integer':
      return random.chance(0.05) ? random.pick([2147483648, 1.5, 1e20]) : random.pick(integers)
    case 'number':
      return random.pick([0, 0.5, -1, 1e10])
    case 'boolean':
      return random.chance(0.5)
    case 'quantity':
      return random.pick(quantities)
    case 'int-or-string':
      return random.pick(intsOrStrings)
    case 'time':
    case 'microtime':
      return random.pick(times)
    case 'bytes':
      return random.pick(bytes)
    case 'list':
      return Array.from({ length: random.pick([0, 1, 1, 1, 2]) }, () => valueFor(field.items!, context, depth))
    case 'map':
      return Object.fromEntries(
        Array.from({ length: random.pick([0, 1, 1, 2]) }, () => [
          random.pick(['a', 'cpu', 'memory', 'example.com/a', 'A B', '', 'x'.repeat(64)]),
          valueFor(field.items!, context, depth),
        ]),
      )
    case 'object':
      return objectOf(field.ref, context, depth)
    case 'raw':
      return random.pick([{}, { a: 1 }, { apiVersion: 'v1', kind: 'ConfigMap' }])
  }
}

export const wrongValue = (random: Chooser): unknown => random.pick(wrong)
