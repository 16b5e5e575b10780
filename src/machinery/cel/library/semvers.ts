/** `semver()`: semantic versions as values. */
import { defineFunction, type FunctionDeclaration } from '../declarations.js'
import { CelError, type ExtensionValue, type Value } from '../values.js'

interface Version {
  numbers: readonly [bigint, bigint, bigint]
  prerelease: readonly string[]
}

class SemverValue implements ExtensionValue {
  readonly typeName = 'kubernetes.Semver'
  constructor(readonly version: Version) {}
  equals(other: ExtensionValue): boolean {
    return other instanceof SemverValue && compare(this.version, other.version) === 0
  }
}

const isNumber = (text: string) => /^\d+$/u.test(text)

function comparePart(a: string, b: string): number {
  if (isNumber(a) && isNumber(b)) return Math.sign(Number(BigInt(a) - BigInt(b)))
  if (isNumber(a) !== isNumber(b)) return isNumber(a) ? -1 : 1
  return a < b ? -1 : Number(a > b)
}

function compare(a: Version, b: Version): number {
  for (const [i, number] of a.numbers.entries()) if (number !== b.numbers[i]) return number < b.numbers[i]! ? -1 : 1
  if (!a.prerelease.length || !b.prerelease.length)
    return Number(b.prerelease.length > 0) - Number(a.prerelease.length > 0)
  for (let i = 0; i < Math.min(a.prerelease.length, b.prerelease.length); i++) {
    const result = comparePart(a.prerelease[i]!, b.prerelease[i]!)
    if (result) return result
  }
  return Math.sign(a.prerelease.length - b.prerelease.length)
}

function fail(why: string): never {
  throw new CelError(why)
}

function readNumber(text: string, name: string): bigint {
  if (!/^\d+$/u.test(text)) fail(`Invalid character(s) found in ${name} number ${JSON.stringify(text)}`)
  if (/^0\d/u.test(text))
    fail(
      `${name === 'patch' ? 'Patch' : name === 'minor' ? 'Minor' : 'Major'} number must not contain leading zeroes ${JSON.stringify(text)}`,
    )
  return BigInt(text)
}

function readIdentifiers(text: string, what: 'prerelease' | 'build'): string[] {
  return text.split('.').map(part => {
    if (!part) fail(what === 'prerelease' ? 'Prerelease is empty' : 'Build meta data is empty')
    if (!/^[0-9A-Za-z-]+$/u.test(part))
      fail(
        what === 'prerelease'
          ? `Invalid character(s) found in prerelease ${JSON.stringify(part)}`
          : `Invalid character(s) found in build meta data ${JSON.stringify(part)}`,
      )
    if (what === 'prerelease' && /^0\d+$/u.test(part))
      fail(`Numeric PreRelease version must not contain leading zeroes ${JSON.stringify(part)}`)
    return part
  })
}

/** Throws CelError with the words of the library that upstream uses. */
/** Throws CelError. */
export const semverValue = (text: string): ExtensionValue => new SemverValue(parse(text))

function parse(text: string): Version {
  if (!text) fail('Version string empty')
  const [, major, minor, rest] = /^([^.]*)\.([^.]*)\.(.*)$/su.exec(text) ?? fail('No Major.Minor.Patch elements found')
  const numbers = [readNumber(major!, 'major'), readNumber(minor!, 'minor')] as const
  const plus = rest!.indexOf('+')
  const body = plus < 0 ? rest! : rest!.slice(0, plus)
  const dash = body.indexOf('-')
  const prerelease = dash < 0 ? [] : readIdentifiers(body.slice(dash + 1), 'prerelease')
  const patch = readNumber(dash < 0 ? body : body.slice(0, dash), 'patch')
  if (plus >= 0) readIdentifiers(rest!.slice(plus + 1), 'build')
  return { numbers: [...numbers, patch], prerelease }
}

/** `v1.02` becomes `1.2.0`. */
function normalize(text: string): string {
  const [major = '', minor, ...more] = text.replace(/^v/u, '').split('.')
  const parts = [major, ...(minor === undefined ? [] : [minor]), ...(more.length ? [more.join('.')] : [])].map(part =>
    part.length > 1 ? part.replace(/^0+(?=\d)/u, '') : part,
  )
  if (parts.length >= 3) return parts.join('.')
  if (/[+-]/u.test(parts.at(-1)!)) fail('Short version cannot contain PreRelease/Build meta data')
  return [...parts, '0', '0'].slice(0, 3).join('.')
}

function read(text: Value | undefined, normalized: Value | undefined): SemverValue | undefined {
  if (typeof text !== 'string' || (normalized !== undefined && typeof normalized !== 'boolean')) return undefined
  return new SemverValue(parse(normalized ? normalize(text) : text))
}

function isSemver(text: Value | undefined, normalized: Value | undefined): boolean | undefined {
  try {
    return read(text, normalized) && true
  } catch (error) {
    if (error instanceof CelError) return false
    throw error
  }
}

const type = 'struct:kubernetes.Semver'
const part = (name: string, index: 0 | 1 | 2) =>
  defineFunction(name, [`semver_${name}: ${type}.() -> int`], value =>
    value instanceof SemverValue ? value.version.numbers[index] : undefined,
  )
const comparison = (name: string, signature: string, call: (order: number) => Value) =>
  defineFunction(name, [signature], (a, b) =>
    a instanceof SemverValue && b instanceof SemverValue ? call(compare(a.version, b.version)) : undefined,
  )

export const semvers: readonly FunctionDeclaration[] = [
  defineFunction(
    'semver',
    [`string_to_semver: (string) -> ${type}`, `string_bool_to_semver: (string, bool) -> ${type}`],
    read,
  ),
  defineFunction(
    'isSemver',
    ['is_semver_string: (string) -> bool', 'is_semver_string_bool: (string, bool) -> bool'],
    isSemver,
  ),
  comparison('isGreaterThan', `semver_is_greater_than: ${type}.(${type}) -> bool`, order => order > 0),
  comparison('isLessThan', `semver_is_less_than: ${type}.(${type}) -> bool`, order => order < 0),
  comparison('compareTo', `semver_compare_to: ${type}.(${type}) -> int`, order => BigInt(order)),
  part('major', 0),
  part('minor', 1),
  part('patch', 2),
]
