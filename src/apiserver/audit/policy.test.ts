import { describe, expect, test } from '@jest/globals'
import { resourceAttributes } from '../authz/attributes.js'
import { type AuditRule, newAuditPolicy } from './policy.js'
import { validateAuditPolicy } from './validate-policy.js'

const bob = { name: 'bob', groups: ['dev', 'system:authenticated'] }
const pods = resourceAttributes(bob, { verb: 'get', resource: 'pods', namespace: 'a', name: 'x' })
const log = { ...pods, subresource: 'log' }
const metrics = { ...pods, isResource: false, resource: '', namespace: '', name: '', path: '/metrics' }
const core = (...resources: string[]) => ({ resources: [{ group: '', resources }] })

describe('a rule fits', () => {
  const cases: [string, Partial<AuditRule>, typeof pods, boolean][] = [
    ['everything when it says nothing', {}, pods, true],
    ['its users', { users: ['bob'] }, pods, true],
    ['no others', { users: ['eve'] }, pods, false],
    ['members of a group', { userGroups: ['ops', 'dev'] }, pods, true],
    ['its verbs', { verbs: ['list'] }, pods, false],
    ['its namespaces', { namespaces: ['a'] }, pods, true],
    ['no path, where it has namespaces', { namespaces: [''] }, metrics, false],
    ['a resource', core('pods'), pods, true],
    ['no subresource of it', core('pods'), log, false],
    ['a subresource', core('pods/log'), log, true],
    ['all subresources of one', core('pods/*'), log, true],
    ['one subresource of all', core('*/log'), log, true],
    ['all resources and subresources', core('*'), log, true],
    ['a whole group', { resources: [{ group: '' }] }, log, true],
    ['not another group', { resources: [{ group: 'apps' }] }, pods, false],
    ['objects by name', { resources: [{ resources: ['pods'], resourceNames: ['y'] }] }, pods, false],
    ['a path', { nonResourceURLs: ['/metrics'] }, metrics, true],
    ['paths that begin so', { nonResourceURLs: ['/met*'] }, metrics, true],
    ['no resource, where it has paths', { nonResourceURLs: ['*'] }, pods, false],
  ]
  test.each(cases)('%s', (_, rule, attributes, expected) => {
    const choose = newAuditPolicy({ rules: [{ level: 'Metadata', ...rule }] })
    expect(choose(attributes).level).toBe(expected ? 'Metadata' : 'None')
  })

  test('the first that fits counts, with what the policy omits', () => {
    const choose = newAuditPolicy({
      omitStages: ['RequestReceived'],
      omitManagedFields: true,
      rules: [
        { level: 'Request', verbs: ['get'], omitStages: ['Panic'], omitManagedFields: false },
        { level: 'RequestResponse' },
      ],
    })
    const omitStages = new Set(['RequestReceived', 'Panic'])
    expect(choose(pods)).toEqual({ level: 'Request', omitStages, omitManagedFields: false })
    expect(choose(metrics)).toMatchObject({ level: 'Request' })
    expect(choose({ ...pods, verb: 'list' })).toMatchObject({ level: 'RequestResponse', omitManagedFields: true })
  })
})

test('what is wrong with a policy is said in upstream words', () => {
  const rules = [
    { level: '', nonResourceURLs: ['metrics', '/a*b'], namespaces: ['a'] },
    { level: 'All', omitStages: ['Begun'], resources: [{ group: 'A', resourceNames: ['x'] }] },
  ] as unknown as AuditRule[]
  expect(validateAuditPolicy({ rules }).map(({ field, message }) => `${field}: ${message}`)).toEqual([
    'rules[0].level: Required value',
    'rules[0].nonResourceURLs[0]: Invalid value: "metrics": non-resource URL rules must begin with a \'/\' character',
    'rules[0].nonResourceURLs[1]: Invalid value: "/a*b": non-resource URL wildcards \'*\' must be the final character of the rule',
    'rules[0].nonResourceURLs: Invalid value: ["metrics","/a*b"]: rules cannot apply to both regular resources and non-resource URLs',
    'rules[1].level: Unsupported value: "All": supported values: "None", "Metadata", "Request", "RequestResponse"',
    expect.stringContaining('rules[1].resources.group: Invalid value: "A": a lowercase RFC 1123 subdomain'),
    'rules[1].resources.resourceNames: Invalid value: ["x"]: using resourceNames requires at least one resource',
    'rules[1].omitStages[0]: Invalid value: "Begun": allowed stages are RequestReceived,ResponseStarted,ResponseComplete,Panic',
  ])
})
