/** What one call may cost and how large its result may be, by the sizes of its arguments: figures of cel-go and Kubernetes. */
import type { Constant } from './ast.js'
import { exactly, type Range, scaled, sum, times, unknownSize } from './range.js'
import type { CelType } from './types.js'

export interface SizedNode {
  type: CelType
  /** Undefined: unknown. */
  size: Range | undefined
  /** Undefined: no literal. */
  literal: Constant | undefined
  /** Of a list's elements; undefined of what has none. */
  elementSize(): Range | undefined
}

export interface CallEstimate {
  cost: Range
  size?: Range
}

export interface EstimatedCall {
  name: string
  overload: string
  target: SizedNode | undefined
  args: readonly SizedNode[]
}

const reading = 0.1
const pattern = 0.25
/** The longest pattern of a named format. */
const formatPattern = 128

const sizeOf = (node: SizedNode | undefined): Range => node?.size ?? unknownSize
const one: CallEstimate = { cost: exactly(1) }
const read = (size: Range, factor = 1): Range => scaled(size, factor * reading)

type Estimate = (call: EstimatedCall) => CallEstimate | undefined

const each = (names: string, estimate: Estimate): [string, Estimate][] => names.split(' ').map(name => [name, estimate])

const wholeList: Estimate = ({ target }) => {
  if (!target) return undefined
  const element = target.type.params[0]
  if (!element) return { cost: read(sizeOf(target)) }
  const isText = element.kind === 'string' || element.kind === 'bytes'
  const cost = isText ? sum(exactly(1), read(target.elementSize()!)) : exactly(1)
  return { cost: times(sizeOf(target), cost) }
}

const ofArgument: Estimate = ({ args: [arg] }) => (arg ? { cost: read(sizeOf(arg)) } : undefined)
const sameSize: Estimate = ({ target }) => (target ? { cost: read(sizeOf(target)), size: sizeOf(target) } : undefined)

/** How often something can be replaced, and what of the text stays. */
function replacements(size: number, old: number, by: { longer: boolean }): { count: number; kept: number } {
  if (old === 0) return { count: size + 1, kept: size }
  return by.longer ? { count: Math.ceil(size / old), kept: 0 } : { count: 0, kept: size }
}

const replace: Estimate = ({ target, args: [old, by] }) => {
  if (!target || !by) return undefined
  const [size, wanted, replacement] = [sizeOf(target), sizeOf(old), sizeOf(by)]
  const most = replacements(size.max, wanted.min, { longer: replacement.max > wanted.min })
  const least = replacements(size.min, wanted.max, { longer: wanted.max > replacement.min })
  const count = { min: least.count, max: most.count }
  return { cost: read(size, 2), size: sum(times(count, replacement), { min: least.kept, max: most.kept }) }
}

const split: Estimate = ({ target, args: [, limit] }) => {
  if (!target) return undefined
  const max = typeof limit?.literal === 'bigint' ? Number(BigInt.asUintN(64, limit.literal)) : sizeOf(target).max
  return { cost: read(sizeOf(target), 2), size: { min: 0, max } }
}

const join: Estimate = ({ target, args: [separator] }) => {
  if (!target) return undefined
  const count = sizeOf(target)
  const element = target.elementSize()
  const parts = element ? times(count, element) : exactly(0)
  const gaps = { min: Math.max(0, count.min - 1), max: Math.max(0, count.max - 1) }
  const size = separator ? sum(parts, times(sizeOf(separator), gaps)) : parts
  return { cost: read(size), size }
}

const find: Estimate = ({ target, args: [regex] }) => {
  if (!target) return undefined
  const size = sizeOf(target)
  const cost = times(read(sum(size, exactly(1))), scaled(sizeOf(regex), pattern))
  return { cost, size: { min: 0, max: size.max } }
}

/** Bytes of an address. */
const addressSize: Range = { min: 4, max: 16 }

const containsIp: Estimate = ({ overload, args }) => {
  const compare = read(sum(addressSize, addressSize))
  return { cost: overload === 'cidr_contains_ip_string' ? sum(compare, read(sizeOf(args[0]))) : compare }
}

const containsCidr: Estimate = ({ overload, args }) => {
  const compare = sum(read(sum(addressSize, addressSize)), read(addressSize), exactly(1))
  return { cost: overload === 'cidr_contains_cidr_string' ? sum(compare, read(sizeOf(args[0]))) : compare }
}

/** A selector is parsed into a list of requirements, two letters each at least. */
const selector: Estimate = ({ args: [text] }) => {
  const requirements = scaled(scaled(sizeOf(text), 0.5), 50)
  return { cost: sum(exactly(10), read(sizeOf(text)), requirements) }
}

const setProduct =
  (factor: number): Estimate =>
  ({ args: [a, b] }) => ({ cost: sum(scaled(times(sizeOf(a), sizeOf(b)), factor), exactly(1)) })

const cheapTypes = ['Quantity', 'Semver'].map(name => `kubernetes.${name}`)

const equality: Estimate = ({ args: [a, b] }) => {
  const { name } = a!.type
  if (name !== b!.type.name) return undefined
  if (name === 'net.IP' || name === 'net.CIDR' || cheapTypes.includes(name)) return one
  if (name.startsWith('kubernetes.authorization.')) return one
  if (name === 'kubernetes.NamedFormat') return { cost: read({ min: 1, max: 64 }) }
  return name === 'kubernetes.URL' ? { cost: read({ min: 1, max: b!.size?.max ?? 1 }) } : undefined
}

const byName = new Map<string, Estimate>([
  ...each('check', () => ({ cost: exactly(350_000) })),
  ...each('serviceAccount path group resource subresource namespace name allowed reason error errored', () => one),
  ...each('fieldSelector labelSelector', selector),
  ...each('isSorted sum max min indexOf lastIndexOf', wholeList),
  ...each('url jsonpatch.escapeKey', ({ args: [text] }) => ({ cost: read(sizeOf(text)), size: sizeOf(text) })),
  ...each('lowerAscii upperAscii substring trim', sameSize),
  ...each('replace', replace),
  ...each('split', split),
  ...each('join', join),
  ...each('find findAll', find),
  ...each('cidr isIP isCIDR quantity isQuantity semver isSemver', ofArgument),
  ...each('ip', call => (call.overload === 'cidr_ip' ? one : ofArgument(call))),
  ...each('ip.isCanonical', ({ args: [text] }) => ({ cost: read(sizeOf(text), 2) })),
  ...each('masked prefixLength family isUnspecified isLoopback isLinkLocalMulticast isLinkLocalUnicast', () => one),
  ...each('isGlobalUnicast format.named sign asInteger isInteger asApproximateFloat isGreaterThan', () => one),
  ...each('isLessThan compareTo add sub major minor patch getScheme getHostname getHost getPort', () => one),
  ...each('getEscapedPath getQuery', () => one),
  ...each('containsIP', containsIp),
  ...each('containsCIDR', containsCidr),
  ...each('validate', ({ args: [text] }) => ({ cost: scaled(read(sizeOf(text)), formatPattern * pattern) })),
  ...each('sets.contains sets.intersects', setProduct(1)),
  ...each('sets.equivalent', setProduct(2)),
  ...each('_==_', equality),
])

const ofText: Estimate = ({ args: [text] }) => ({ cost: read(sizeOf(text)) })

const comparison: Estimate = ({ args: [a, b] }) => {
  const max = Math.min(sizeOf(a).max, sizeOf(b).max)
  return { cost: read({ min: max > 0 ? 1 : 0, max }) }
}

const concatenation: Estimate = ({ overload, args: [a, b] }) => {
  const size = sum(sizeOf(a), sizeOf(b))
  return { cost: overload === 'add_list' ? exactly(1) : read(size), size }
}

const byOverload: Record<string, Estimate> = {
  string_format: ({ target }) => ({ cost: read(sizeOf(target)) }),
  starts_with_string: ofText,
  ends_with_string: ofText,
  string_to_bytes: ({ args: [text] }) => ({
    cost: read(sizeOf(text)),
    size: times(sizeOf(text), { min: 1, max: 4 }),
  }),
  bytes_to_string: ({ args: [bytes] }) => ({
    cost: read(sizeOf(bytes)),
    size: { min: Math.floor(sizeOf(bytes).min / 4), max: sizeOf(bytes).max },
  }),
  strings_quote: ({ args: [text] }) => ({
    cost: read(sizeOf(text)),
    size: sum(times(sizeOf(text), { min: 1, max: 2 }), exactly(2)),
  }),
  in_list: ({ args: [, list] }) => ({ cost: sizeOf(list) }),
  matches_string: ({ target, args: [regex] }) => ({
    cost: times(read(sum(sizeOf(target), exactly(1))), scaled(sizeOf(regex), pattern)),
  }),
  contains_string: ({ target, args: [part] }) => ({ cost: times(read(sizeOf(target)), read(sizeOf(part))) }),
  add_string: concatenation,
  add_bytes: concatenation,
  add_list: concatenation,
  equals: comparison,
  not_equals: comparison,
  ...Object.fromEntries(
    ['less', 'greater', 'less_equals', 'greater_equals'].flatMap(name => [
      [`${name}_string`, comparison],
      [`${name}_bytes`, comparison],
    ]),
  ),
}

/** Without the cost of the arguments themselves. */
export function estimateCall(call: EstimatedCall): CallEstimate {
  return byName.get(call.name)?.(call) ?? byOverload[call.overload]?.(call) ?? one
}
