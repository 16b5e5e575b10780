import { describe, expect, test } from '@jest/globals'
import { isValidPortName, isValidPortNumber, nameIsDnsLabel, nameIsPathSegment } from './name-rules.js'
import {
  isConfigMapKey,
  isDns1035Label,
  isDns1123Label,
  isDns1123Subdomain,
  isEnvVarName,
  isQualifiedName,
  isRelaxedEnvVarName,
  isValidLabelValue,
  isValidPercent,
  isWildcardDns1123Subdomain,
} from './names.js'

const long = 'a'.repeat(64)

describe.each([
  {
    name: 'isDns1123Label',
    check: isDns1123Label,
    good: ['a', '1a', 'a-b'],
    bad: ['', 'A', '-a', 'a-', 'a.b', 'ä', 'a\n'],
  },
  { name: 'isDns1123Subdomain', check: isDns1123Subdomain, good: ['a.b', '1.2', long], bad: ['', 'a..b', '.a', 'A'] },
  { name: 'isDns1035Label', check: isDns1035Label, good: ['a1'], bad: ['1a', '', 'a.b'] },
  {
    name: 'isQualifiedName',
    check: isQualifiedName,
    good: ['a', 'A_b.c', 'x.y/Z'],
    bad: ['', '/a', 'a/', 'a/b/c', 'X/a', long],
  },
  { name: 'isValidLabelValue', check: isValidLabelValue, good: ['', 'a', 'A.b_c-d'], bad: ['-', 'a b', long] },
  { name: 'isEnvVarName', check: isEnvVarName, good: ['A', '_x', '.a', '-a'], bad: ['1a', '', '..', '..a', 'a=b'] },
  { name: 'isRelaxedEnvVarName', check: isRelaxedEnvVarName, good: ['1 a:~'], bad: ['', 'a=b', 'ä', 'a\t'] },
  { name: 'isConfigMapKey', check: isConfigMapKey, good: ['a', '.a', 'A_b'], bad: ['', '.', '..', '..a', 'a/b'] },
  { name: 'isValidPercent', check: isValidPercent, good: ['5%'], bad: ['5', '%', '-5%'] },
  {
    name: 'isWildcardDns1123Subdomain',
    check: isWildcardDns1123Subdomain,
    good: ['*.a.b'],
    bad: ['*', 'a.b', '*.*.a'],
  },
  {
    name: 'isValidPortName',
    check: isValidPortName,
    good: ['http', 'a-1'],
    bad: ['', '80', 'a--b', '-a', 'A', 'a'.repeat(16)],
  },
])('$name', ({ check, good, bad }) => {
  test.each(good)('takes %j', value => expect(check(value)).toEqual([]))
  test.each(bad)('refuses %j', value => expect(check(value)).not.toEqual([]))
})

test.each([
  ['a.b', 'must not contain dots'],
  [
    'A',
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
  ],
  [long, 'must be no more than 63 characters'],
])('a label such as %s: %s', (value, message) => expect(isDns1123Label(value)).toEqual([message]))

test('names by rule', () => {
  expect(nameIsDnsLabel('a-', true)).toEqual([])
  expect(nameIsDnsLabel('a-', false)).toHaveLength(1)
  expect(nameIsPathSegment('system:a', false)).toEqual([])
  expect(nameIsPathSegment('..', false)).toEqual(["may not be '..'"])
  expect(nameIsPathSegment('a/%', true)).toEqual(["may not contain '/'", "may not contain '%'"])
  expect(isValidPortNumber(0)).toEqual(['must be between 1 and 65535, inclusive'])
})
