import { beforeEach, describe, expect, test } from '@jest/globals'
import type { UserInfo } from '../../machinery/request.js'
import { resourceAttributes } from './attributes.js'
import { escalationError, uncovered } from './escalation.js'
import { defaultClusterRoleBindings, defaultClusterRoles } from './policy/default-policy.js'
import { parseRule } from './policy/role-table.js'
import { type PolicyRule, ruleAllows } from './policy-rule.js'
import { newRbacAuthorizer } from './rbac.js'
import { RuleResolver } from './rule-resolver.js'

const bob: UserInfo = { name: 'bob', groups: ['dev', 'system:authenticated'] }
const ask = (rule: PolicyRule, text: string) => {
  const [verb = '', group = '', target = '', name = ''] = text.split(' ')
  const [resource = '', subresource = ''] = target.split('/')
  return ruleAllows(
    rule,
    resourceAttributes(bob, { verb, group: group === 'core' ? '' : group, resource, subresource, name }),
  )
}

describe('ruleAllows', () => {
  test.each([
    ['get core pods', 'get core pods', true],
    ['get core pods', 'list core pods', false],
    ['get core pods', 'get apps pods', false],
    ['get core pods', 'get core pods/log', false],
    ['get core pods/log', 'get core pods/log', true],
    ['* * *', 'delete apps deployments/scale', true],
    ['get core */scale', 'get core replicationcontrollers/scale', true],
    ['get core */scale', 'get core replicationcontrollers', false],
    ['get core configmaps a,b', 'get core configmaps b', true],
    ['get core configmaps a,b', 'get core configmaps', false],
  ])('%s and %s: %s', (rule, request, want) => expect(ask(parseRule(rule), request)).toBe(want))

  test.each([
    ['get @ /healthz,/version/*', '/healthz', true],
    ['get @ /healthz,/version/*', '/version/x', true],
    ['get @ /healthz,/version/*', '/healthz/x', false],
  ])('%s and path %s: %s', (rule, path, want) => {
    const attributes = { ...resourceAttributes(bob, { verb: 'get', resource: '' }), isResource: false, path }
    expect(ruleAllows(parseRule(rule), attributes)).toBe(want)
  })
})

describe('newRbacAuthorizer', () => {
  let resolver: RuleResolver
  let authorize: ReturnType<typeof newRbacAuthorizer>
  beforeEach(() => {
    resolver = new RuleResolver()
    for (const role of defaultClusterRoles()) resolver.setRole(role)
    for (const binding of defaultClusterRoleBindings()) resolver.setBinding(binding)
    authorize = newRbacAuthorizer(resolver)
  })
  const bind = (role: string, namespace: string, subject: object) =>
    resolver.setBinding({
      metadata: { name: role, ...(namespace && { namespace }) },
      subjects: [subject as never],
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    })
  const may = (user: UserInfo, verb: string, resource: string, namespace = '') =>
    authorize(resourceAttributes(user, { verb, resource, namespace }))

  test('a user without bindings may do nothing', () => {
    expect(may(bob, 'get', 'pods', 'a')).toEqual({ allowed: false, reason: '' })
  })

  test('a role binding counts in its namespace only', () => {
    bind('system:aggregate-to-view', 'a', { kind: 'User', name: 'bob' })
    expect(may(bob, 'list', 'pods', 'a')).toMatchObject({ allowed: true })
    expect(may(bob, 'list', 'pods', 'b')).toMatchObject({ allowed: false })
    expect(may(bob, 'list', 'pods')).toMatchObject({ allowed: false })
    expect(may(bob, 'delete', 'pods', 'a')).toMatchObject({ allowed: false })
  })

  test('a service account is bound by name and namespace', () => {
    bind('system:aggregate-to-view', 'a', { kind: 'ServiceAccount', name: 'robot', namespace: 'b' })
    expect(may({ name: 'system:serviceaccount:b:robot', groups: [] }, 'list', 'pods', 'a')).toMatchObject({
      allowed: true,
    })
    expect(may({ name: 'system:serviceaccount:a:robot', groups: [] }, 'list', 'pods', 'a')).toMatchObject({
      allowed: false,
    })
  })

  test('a change counts at once', () => {
    expect(may(bob, 'list', 'pods')).toMatchObject({ allowed: false })
    bind('cluster-admin', '', { kind: 'User', name: 'bob' })
    expect(may(bob, 'list', 'pods')).toMatchObject({ allowed: true })
    resolver.setBinding({ metadata: { name: 'cluster-admin' } } as never, true)
    expect(may(bob, 'list', 'pods')).toMatchObject({ allowed: false })
  })

  test('a rule for named objects counts for those only, whatever was decided before', () => {
    const role = (name: string, ...rules: string[]) =>
      resolver.setRole({ metadata: { name }, rules: rules.map(parseRule) } as never)
    const get = (resource: string, name: string, namespace: string) =>
      authorize(resourceAttributes(bob, { verb: 'get', resource, name, namespace }))
    role('named', 'get core secrets a', 'get core pods')
    bind('named', 'x', { kind: 'User', name: 'bob' })
    const answers = ['a', 'b', 'a'].map(name => get('secrets', name, 'x'))
    expect(answers).toMatchObject([{ allowed: true }, { allowed: false }, { allowed: true }])
    expect(['p', 'q'].map(name => get('pods', name, 'x'))).toMatchObject([{ allowed: true }, { allowed: true }])
    expect(get('pods', 'p', 'y')).toMatchObject({ allowed: false })
    role('everywhere', 'get core secrets b', 'get core pods')
    bind('everywhere', '', { kind: 'User', name: 'bob' })
    expect(['a', 'b', 'c'].map(name => get('secrets', name, 'y'))).toMatchObject([
      { allowed: false },
      { allowed: true },
      { allowed: false },
    ])
    expect(get('pods', 'p', 'y')).toMatchObject({ allowed: true })
  })

  test('a namespace whose last binding is gone gives nothing, and nothing is kept of it', () => {
    bind('system:aggregate-to-view', 'a', { kind: 'User', name: 'bob' })
    expect(may(bob, 'list', 'pods', 'a')).toMatchObject({ allowed: true })
    resolver.setBinding({ metadata: { namespace: 'a', name: 'system:aggregate-to-view' } } as never, true)
    expect(may(bob, 'list', 'pods', 'a')).toMatchObject({ allowed: false })
    expect(resolver.held(bob, 'a')).toBe(resolver.held(bob, 'never-bound'))
  })

  test('a binding to a role that is not there says so', () => {
    bind('nope', 'a', { kind: 'User', name: 'bob' })
    const reason = 'RBAC: clusterrole.rbac.authorization.k8s.io "nope" not found'
    expect(may(bob, 'list', 'pods', 'a')).toEqual({ allowed: false, reason })
  })
})

describe('escalation', () => {
  test.each([
    [['get core pods'], ['get core pods'], 0],
    [['get core pods'], ['get,list core pods'], 1],
    [['* * *'], ['get core pods', 'delete apps deployments'], 0],
    [['get core pods a'], ['get core pods'], 1],
    [['get core pods'], ['get core pods a'], 0],
    [['* * *'], ['get @ /metrics'], 1],
    [['get @ /metrics*'], ['get @ /metrics/slis'], 0],
  ])('who holds %j and grants %j lacks %i', (held, wanted, missing) => {
    expect(uncovered(held.map(parseRule), wanted.map(parseRule))).toHaveLength(missing)
  })

  test('names what is missing as upstream does', () => {
    const rules = ['get,list core,apps pods'].map(parseRule)
    expect(escalationError(new RuleResolver(), bob, { namespace: 'a', rules })).toBe(
      'user "bob" (groups=["dev" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n' +
        '{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}\n' +
        '{APIGroups:["apps"], Resources:["pods"], Verbs:["get" "list"]}',
    )
  })
})
