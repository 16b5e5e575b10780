/** Answers recorded from the stock v1.34.4, for a user who may write policies and read secrets, and nothing else. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { newServerFixture, type ServerFixture } from '../testing/server-fixture.js'

const group = 'admissionregistration.k8s.io'
const rbac = 'rbac.authorization.k8s.io'
const path = `/apis/${group}/v1`
const rule = { operations: ['CREATE'], apiGroups: ['apps'], apiVersions: ['v1'], resources: ['deployments'] }
const policy = (name: string, paramKind?: object) => ({
  metadata: { name },
  spec: { paramKind, matchConstraints: { resourceRules: [rule] }, validations: [{ expression: 'true' }] },
})
const binding = (policyName: string, ref: object) => ({
  metadata: { name: 'b' },
  spec: { policyName, validationActions: ['Deny'], paramRef: { parameterNotFoundAction: 'Deny', ...ref } },
})
const configMaps = { apiVersion: 'v1', kind: 'ConfigMap' }
const bob = '&{bob  [g system:authenticated] map[a:[b]]}'
const least = `to determine minimum required permissions and user ${bob} does not have`

let server: ServerFixture
beforeAll(async () => {
  server = await newServerFixture()
  const rules = [
    { apiGroups: [group], resources: ['*'], verbs: ['*'] },
    { apiGroups: [''], resources: ['secrets'], verbs: ['get'] },
  ]
  const subjects = [{ kind: 'User', name: 'bob', apiGroup: rbac }]
  const roleRef = { kind: 'ClusterRole', name: 'policies', apiGroup: rbac }
  const create = (of: string, resource: string, body: object) =>
    server.call({ verb: 'create', group: of, resource, body })
  await create(rbac, 'clusterroles', { metadata: { name: 'policies' }, rules })
  await create(rbac, 'clusterrolebindings', { metadata: { name: 'policies' }, subjects, roleRef })
  await create(group, 'validatingadmissionpolicies', policy('p', configMaps))
  await create(group, 'validatingadmissionpolicies', policy('q', { apiVersion: 'x.y/v1', kind: 'Nope' }))
})
afterAll(() => server[Symbol.asyncDispose]())

const post = (resource: string, body: object) =>
  server
    .agent()
    .post(`${path}/${resource}?dryRun=All`)
    .set({ 'impersonate-user': 'bob', 'impersonate-group': 'g', 'impersonate-extra-a': 'b' })
    .send(body)

test.each([
  {
    name: 'a policy on a kind that its writer cannot read',
    resource: 'validatingadmissionpolicies',
    body: policy('new', configMaps),
    why: `spec.paramKind: Forbidden: user ${bob} must have "get" permission on all objects of the referenced paramKind (kind=ConfigMap, apiVersion=v1)`,
  },
  {
    name: 'a binding to an object that its writer cannot read',
    resource: 'validatingadmissionpolicybindings',
    body: binding('p', { name: 'a', namespace: 'n' }),
    why: `spec.paramRef: Forbidden: user ${bob} does not have "get" permission on the object referenced by paramRef`,
  },
  {
    name: 'a binding to a policy of an unknown kind',
    resource: 'validatingadmissionpolicybindings',
    body: binding('q', { selector: {} }),
    why: `spec.paramRef: Forbidden: unable to resolve paramKind &{x.y/v1 Nope} ${least} "list" permission for all groups, versions and resources`,
  },
  {
    name: 'a binding to a policy that is not there',
    resource: 'validatingadmissionpolicybindings',
    body: binding('none', { name: 'a' }),
    why: `spec.paramRef: Forbidden: unable to get policy none ${least} "get" permission for all groups, versions and resources`,
  },
])('$name is refused', async ({ resource, body, why }) => {
  const answer = await post(resource, body).expect(422)
  expect(answer.body.message.split(' is invalid: ')[1]).toBe(why)
})

test('a policy on a kind that its writer can read is taken', async () => {
  await post('validatingadmissionpolicies', policy('new', { apiVersion: 'v1', kind: 'Secret' })).expect(201)
})
