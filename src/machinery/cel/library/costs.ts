/** What a call of a library's function costs at run time; the figures are upstream's. */
import { type FunctionCosts, matching, reading, sizeOf } from '../cost.js'
import { elementsOf, isList, isMap, type Value } from '../values.js'
import { FormatValue } from './formats.js'

/** Of reading a value whole. */
function traversalCost(value: Value): number {
  if (typeof value === 'string') return Math.floor(Buffer.byteLength(value) * 0.1)
  if (value instanceof Uint8Array) return Math.floor(value.length * 0.1)
  if (isList(value)) return [...elementsOf(value)].reduce((sum: number, item) => sum + traversalCost(item), 0)
  if (isMap(value))
    return [...value.keys()].reduce((sum: number, key) => sum + traversalCost(key) + traversalCost(value.get(key)!), 0)
  return 1
}

type Cost = FunctionCosts[string]

const one: Cost = () => 1
const wholeList: Cost = ([list]) => traversalCost(list!)
const read: Cost = ([text]) => reading(sizeOf(text!))
const readTwice: Cost = ([text]) => reading(sizeOf(text!), 2)
const find: Cost = ([text, pattern]) => matching(sizeOf(text!), sizeOf(pattern!))

const containsIp: Cost = ([cidr, other], _, overload) =>
  reading(sizeOf(cidr!), 2) + (overload === 'cidr_contains_ip_string' ? reading(sizeOf(other!)) : 0)
const containsCidr: Cost = ([cidr, other], _, overload) => {
  const size = sizeOf(cidr!)
  const parse = overload === 'cidr_contains_cidr_string' ? reading(sizeOf(other!)) : 0
  return reading(size, 2) + reading(size) + 1 + parse
}

/** Every element of one set is compared with those of the other. */
const product =
  (factor: number): Cost =>
  ([a, b]) =>
    sizeOf(a!) * sizeOf(b!) * factor + 1

const each = (names: string, cost: Cost) => Object.fromEntries(names.split(' ').map(name => [name, cost]))

export const functionCosts: FunctionCosts = {
  ...each('check', () => 350_000),
  ...each('serviceAccount path group resource subresource namespace name allowed reason error errored', one),
  ...each('isSorted sum max min indexOf lastIndexOf', wholeList),
  ...each('url lowerAscii upperAscii substring trim jsonpatch.escapeKey cidr isIP isCIDR', read),
  ...each('quantity isQuantity semver isSemver', read),
  ...each('replace split ip.isCanonical', readTwice),
  ...each('find findAll', find),
  ...each('masked prefixLength family isUnspecified isLoopback isLinkLocalMulticast isLinkLocalUnicast', one),
  ...each('isGlobalUnicast format.named sign asInteger isInteger asApproximateFloat isGreaterThan isLessThan', one),
  ...each('compareTo add sub major minor patch getScheme getHostname getHost getPort getEscapedPath getQuery', one),
  'sets.contains': product(1),
  'sets.intersects': product(1),
  'sets.equivalent': product(2),
  join: (_, result) => reading(sizeOf(result), 2),
  ip: ([text], _, overload) => (overload === 'cidr_ip' ? 1 : reading(sizeOf(text!))),
  containsIP: containsIp,
  containsCIDR: containsCidr,
  validate: ([format, text]) =>
    matching(sizeOf(text!), format instanceof FormatValue ? format.format.patternLength : 0),
}
