import { describe, expect, test } from '@jest/globals'
import { messageOf } from '../testing/message-of.js'
import {
  checkFieldSelector,
  describeLabelSelector,
  formatFieldSelector,
  formatLabelSelector,
  formatLabels,
  labelSelectorFrom,
  matchesFields,
  matchesLabels,
  parseFieldSelector,
  parseLabelSelector,
  printLabelSelector,
  requiredField,
  requiredLabel,
  validateLabelSelector,
} from './index.js'

describe('parseLabelSelector', () => {
  test.each([
    { name: 'equality', query: 'a=b,c==d,e!=f', form: 'a=b,c==d,e!=f' },
    { name: 'sorts by key', query: 'z=1,a=2', form: 'a=2,z=1' },
    { name: 'sets, sorted and without doubles', query: 'x in (b,a,b)', form: 'x in (a,b)' },
    { name: 'empty values', query: 'x in (foo,,baz),y,z notin ()', form: 'x in (,baz,foo),y,z notin ()' },
    { name: 'blanks anywhere', query: ' x  in ( a , b ) , ! y ', form: 'x in (a,b),!y' },
    { name: 'an empty exact value', query: 'a=,b', form: 'a=,b' },
    { name: 'keywords as keys and values', query: 'in in (in,notin),notin=in', form: 'in in (in,notin),notin=in' },
    { name: 'numbers', query: 'a>1,b<2', form: 'a>1,b<2' },
    { name: 'a negated key with what follows ignored as an operator', query: '!a,b', form: '!a,b' },
    { name: 'prefixed keys', query: 'example.com/a=b', form: 'example.com/a=b' },
  ])('reads $name', ({ query, form }) => expect(formatLabelSelector(parseLabelSelector(query))).toBe(form))

  test.each([
    ['a=b,', "found '', expected: identifier after ','"],
    [',a', "found ',', expected: !, identifier, or 'end of string'"],
    ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    ['a in b', "unable to parse requirement: found 'b' expected: '('"],
    ['a in (b', "unable to parse requirement: found '', expected: ',' or ')'"],
    ['a in (', "unable to parse requirement: found '', expected: ',', ')' or identifier"],
    ['a==!', "unable to parse requirement: found '!', expected: identifier"],
    ['!', "unable to parse requirement: found '', expected: identifier"],
    [
      'a>x',
      `unable to parse requirement: values[0]: Invalid value: "x": for 'Gt', 'Lt' operators, the value must be an integer`,
    ],
    [
      'a=-',
      `unable to parse requirement: values[0][a]: Invalid value: "-": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
    ],
    [
      '-=a',
      `unable to parse requirement: <nil>: Invalid value: "-": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
    ],
  ])('refuses %s', (query, expected) => expect(messageOf(() => parseLabelSelector(query))).toBe(expected))
})

describe('matchesLabels', () => {
  const labels = { app: 'web', tier: 'front', n: '5' }
  test.each([
    ['app=web', true],
    ['app!=web', false],
    ['other!=web', true],
    ['app in (web,api)', true],
    ['app notin (api),other notin (x)', true],
    ['tier,!other', true],
    ['other', false],
    ['n>4,n<6', true],
    ['n>5', false],
    ['app>4', false],
    ['toString', false],
    ['', true],
  ])('%s: %s', (query, expected) => expect(matchesLabels(parseLabelSelector(query), labels)).toBe(expected))

  test('an absent selector matches nothing, an empty one everything', () => {
    expect(matchesLabels(undefined, labels)).toBe(false)
    expect(matchesLabels({}, labels)).toBe(true)
    expect(matchesLabels(labelSelectorFrom(undefined), labels)).toBe(false)
    expect(matchesLabels(labelSelectorFrom({}), undefined)).toBe(true)
  })

  test('expressions of an object', () => {
    const selector = {
      matchLabels: { app: 'web' },
      matchExpressions: [{ key: 'tier', operator: 'In', values: ['front', 'back'] }],
    }
    expect(matchesLabels(selector, labels)).toBe(true)
    expect(matchesLabels(labelSelectorFrom(selector), labels)).toBe(true)
    expect(matchesLabels(selector, { app: 'web' })).toBe(false)
    expect(formatLabelSelector(selector)).toBe('app=web,tier in (back,front)')
  })

  test('broken selectors', () => {
    const broken = { matchExpressions: [{ key: 'a', operator: 'Near' }] }
    expect(messageOf(() => labelSelectorFrom(broken))).toBe('"Near" is not a valid label selector operator')
    expect(matchesLabels(broken, labels)).toBe(false)
    expect(printLabelSelector(broken)).toBe('<error>')
    expect(printLabelSelector({})).toBe('<none>')
  })

  test('as Go prints it', () => {
    const matchExpressions = [{ key: 'tier', operator: 'In', values: ['front', 'back'] }]
    expect(describeLabelSelector({ matchLabels: { b: '2', a: '1' }, matchExpressions })).toBe(
      '&LabelSelector{MatchLabels:map[string]string{a: 1,b: 2,},MatchExpressions:[]LabelSelectorRequirement{LabelSelectorRequirement{Key:tier,Operator:In,Values:[front back],},},}',
    )
  })

  test('the value demanded', () => {
    expect(requiredLabel(parseLabelSelector('a=b'), 'a')).toBe('b')
    expect(requiredLabel(parseLabelSelector('a in (b)'), 'a')).toBe('b')
    expect(requiredLabel(parseLabelSelector('a in (b,c)'), 'a')).toBeUndefined()
    expect(requiredLabel(parseLabelSelector('a!=b'), 'a')).toBeUndefined()
  })

  test('labels in a cell', () => {
    expect(formatLabels({ b: '2', a: '1' })).toBe('a=1,b=2')
    expect(formatLabels(undefined)).toBe('<none>')
  })
})

describe('validateLabelSelector', () => {
  test.each([
    { name: 'an absent selector', selector: undefined, errors: [] },
    {
      name: 'In without values',
      selector: { matchExpressions: [{ key: 'a', operator: 'In' }] },
      errors: ["s.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'"],
    },
    {
      name: 'Exists with values',
      selector: { matchExpressions: [{ key: 'a', operator: 'Exists', values: ['x'] }] },
      errors: [
        "s.matchExpressions[0].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
      ],
    },
    {
      name: 'an unknown operator',
      selector: { matchExpressions: [{ key: 'a', operator: 'Near' }] },
      errors: ['s.matchExpressions[0].operator: Invalid value: "Near": not a valid selector operator'],
    },
    {
      name: 'an empty key',
      selector: { matchLabels: { '': 'x' } },
      errors: [
        's.matchLabels: Invalid value: "": name part must be non-empty',
        `s.matchLabels: Invalid value: "": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
      ],
    },
  ])('$name', ({ selector, errors }) =>
    expect(validateLabelSelector(selector, 's').map(e => `${e.field}: ${e.message}`)).toEqual(errors),
  )
})

describe('field selectors', () => {
  const fields = { 'metadata.name': 'a', 'spec.nodeName': '', 'status.phase': 'Running' }
  test.each([
    ['', true],
    ['metadata.name=a', true],
    ['metadata.name==a,status.phase!=Pending', true],
    ['spec.nodeName=', true],
    ['spec.nodeName!=', false],
    ['metadata.name=b', false],
    [',metadata.name=a,', true],
  ])('%s: %s', (text, expected) => expect(matchesFields(parseFieldSelector(text), fields)).toBe(expected))

  test('escapes', () => {
    const selector = parseFieldSelector('a=x\\,y\\=z\\\\')
    expect(requiredField(selector, 'a')).toBe('x,y=z\\')
    expect(formatFieldSelector(selector)).toBe('a=x\\,y\\=z\\\\')
  })

  test.each([
    ['a', "invalid selector: 'a'; can't understand 'a'"],
    ['a=b=c', 'invalid field selector: unescaped character in value: 61'],
    ['a=\\x', 'invalid field selector: invalid escape sequence: \\x'],
    ['a=b\\', 'invalid field selector: invalid escape sequence: \\'],
  ])('refuses %s', (text, expected) => expect(messageOf(() => parseFieldSelector(text))).toBe(expected))

  test('unsupported fields', () => {
    const selector = parseFieldSelector('spec.x=1')
    expect(messageOf(() => checkFieldSelector(selector, ['spec.y']))).toBe('field label not supported: spec.x')
    expect(messageOf(() => checkFieldSelector(selector, []))).toBe(
      '"spec.x" is not a known field selector: only "metadata.name", "metadata.namespace"',
    )
    expect(messageOf(() => checkFieldSelector(parseFieldSelector('metadata.name=a'), []))).toBe('no error')
    const inNamespace = parseFieldSelector('metadata.namespace=a')
    expect(messageOf(() => checkFieldSelector(inNamespace, [], { namespaced: false }))).toBe('no error')
    expect(messageOf(() => checkFieldSelector(inNamespace, ['spec.y'], { namespaced: false }))).toBe(
      'field label not supported: metadata.namespace',
    )
  })
})
