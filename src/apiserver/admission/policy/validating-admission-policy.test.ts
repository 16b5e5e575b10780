/** Policies through a whole server; texts as the stock server gives them. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { newServerFixture, type ServerFixture } from '../../testing/server-fixture.js'

const policiesPath = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies'
const bindingsPath = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings'
const claimsPath = '/api/v1/namespaces/default/configmaps'

let server: ServerFixture
beforeAll(async () => {
  server = await newServerFixture()
})
afterAll(() => server[Symbol.asyncDispose]())

const typed = (kind: string) => ({ apiVersion: 'admissionregistration.k8s.io/v1', kind })
const newPolicy = (name: string, spec: object) => ({
  ...typed('ValidatingAdmissionPolicy'),
  metadata: { name },
  spec: {
    matchConstraints: {
      resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }],
    },
    // Each policy of these tests means the objects of its own name.
    matchConditions: [{ name: 'mine', expression: `object.metadata.labels.policy == '${name}'` }],
    ...spec,
  },
})
const newBinding = (name: string, spec: object = {}) => ({
  ...typed('ValidatingAdmissionPolicyBinding'),
  metadata: { name },
  spec: { policyName: name, validationActions: ['Deny'], ...spec },
})
const post = (path: string, body: object) => server.agent().post(path).send(body)
const newMap = (policy: string, data: object = {}) =>
  post(claimsPath, { metadata: { generateName: 'm-', labels: { policy } }, data })

async function bind(name: string, spec: object, binding: object = {}): Promise<void> {
  await post(policiesPath, newPolicy(name, spec)).expect(201)
  await post(bindingsPath, newBinding(name, binding)).expect(201)
}

const denied = (name: string, why: string) =>
  ` is forbidden: ValidatingAdmissionPolicy '${name}' with binding '${name}' denied request: ${why}`

describe('a bound policy', () => {
  test('refuses by message expression, message or expression, with its reason', async () => {
    await bind('reasons', {
      variables: [{ name: 'size', expression: 'int(object.data.size)' }],
      validations: [
        { expression: 'variables.size < 10', messageExpression: "'size ' + string(variables.size)" },
        { expression: 'variables.size != 5', message: 'not five', reason: 'Forbidden' },
        { expression: 'variables.size != 6' },
      ],
    })
    await newMap('reasons', { size: '4' }).expect(201)
    const big = await newMap('reasons', { size: '12' }).expect(422)
    expect(big.body).toMatchObject({
      reason: 'Invalid',
      message: expect.stringContaining(denied('reasons', 'size 12')),
    })
    const five = await newMap('reasons', { size: '5' }).expect(403)
    expect(five.body).toMatchObject({
      reason: 'Forbidden',
      message: expect.stringContaining(denied('reasons', 'not five')),
    })
    const six = await newMap('reasons', { size: '6' }).expect(422)
    expect(six.body.message).toContain(denied('reasons', 'failed expression: variables.size != 6'))
  })

  test('an expression that fails refuses, or is ignored as the policy says', async () => {
    const validations = [{ expression: 'object.data.missing == "x"' }]
    await bind('fails', { validations })
    const { body } = await newMap('fails', { a: 'b' }).expect(422)
    expect(body.message).toContain(
      denied('fails', `expression 'object.data.missing == "x"' resulted in error: no such key: missing`),
    )
    await bind('lenient', { validations, failurePolicy: 'Ignore' })
    await newMap('lenient', { a: 'b' }).expect(201)
  })

  test('warns where the binding does not deny', async () => {
    await bind('warns', { validations: [{ expression: 'false', message: 'never' }] }, { validationActions: ['Warn'] })
    const { headers } = await newMap('warns').expect(201)
    expect(headers.warning).toContain(
      "Validation failed for ValidatingAdmissionPolicy 'warns' with binding 'warns': never",
    )
  })

  test('denies for an audit annotation that fails, whatever the binding says', async () => {
    const spec = { auditAnnotations: [{ key: 'a', valueExpression: 'string(object.data.missing)' }] }
    await bind('notes', spec, { validationActions: ['Warn'] })
    const { body } = await newMap('notes', { a: 'b' }).expect(422)
    expect(body.message).toContain(
      denied('notes', "expression 'string(object.data.missing)' resulted in error: no such key: missing"),
    )
  })

  test('knows the namespace, but its conditions do not', async () => {
    const mine = { name: 'mine', expression: "object.metadata.labels.policy == 'spaces'" }
    const matchConditions = [mine, { name: 'none', expression: 'namespaceObject == null' }]
    await bind('spaces', {
      matchConditions,
      validations: [{ expression: "namespaceObject.metadata.name == 'default'" }],
    })
    await newMap('spaces').expect(201)
    await bind('nowhere', {
      matchConditions: [
        { name: 'mine', expression: "object.metadata.labels.policy == 'nowhere'" },
        { name: 'here', expression: "namespaceObject.metadata.name == 'default'" },
      ],
      validations: [{ expression: 'true' }],
    })
    const { body } = await newMap('nowhere').expect(422)
    const why = `expression 'namespaceObject.metadata.name == 'default'' resulted in error: no such key: metadata`
    expect(body.message).toContain(denied('nowhere', why))
  })

  test('is counted where it had something to say', async () => {
    const { text } = await server.agent().get('/metrics')
    const counted = text.match(/^apiserver_validating_admission_policy_check_total.*$/gm)
    const line = (action: string, policy: string, count: number) =>
      `apiserver_validating_admission_policy_check_total{enforcement_action="${action}",error_type="invalid_error",policy="${policy}",policy_binding="${policy}"} ${count}`
    expect(counted?.sort()).toEqual([
      line('allow', 'lenient', 1),
      line('deny', 'fails', 1),
      line('deny', 'notes', 1),
      line('deny', 'nowhere', 1),
      line('deny', 'reasons', 3),
      line('warn', 'warns', 1),
    ])
    expect(text).toContain('apiserver_validating_admission_policy_check_duration_seconds_count')
  })

  test('asks what the user may do', async () => {
    const check = "authorizer.group('').resource('secrets').namespace('default').check('get').allowed()"
    await bind('asks', { validations: [{ expression: check }] })
    await newMap('asks').expect(201)
  })

  test('takes parameters by name and by label; without any it refuses when told so', async () => {
    const paramKind = { apiVersion: 'v1', kind: 'Secret' }
    const validations = [{ expression: 'object.data.team == params.metadata.name' }]
    await bind('params', { paramKind, validations }, { paramRef: { name: 'red', parameterNotFoundAction: 'Deny' } })
    const { body } = await newMap('params', { team: 'red' }).expect(422)
    expect(body.message).toContain('no params found for policy binding with `Deny` parameterNotFoundAction')
    await post('/api/v1/namespaces/default/secrets', { metadata: { name: 'red' } }).expect(201)
    await newMap('params', { team: 'red' }).expect(201)
    await newMap('params', { team: 'blue' }).expect(422)
  })
})

test('expressions are checked when they are written', async () => {
  const { body } = await post(
    policiesPath,
    newPolicy('bad', {
      validations: [
        { expression: '1' },
        { expression: 'request.nope == 1' },
        { expression: 'true', messageExpression: '1' },
      ],
    }),
  ).expect(422)
  expect(body.details.causes.map(({ field, message }: { field: string; message: string }) => [field, message])).toEqual(
    [
      ['spec.validations[0].expression', 'Invalid value: "1": must evaluate to bool but got int'],
      [
        'spec.validations[1].expression',
        `Invalid value: "request.nope == 1": compilation failed: ERROR: <input>:1:8: undefined field 'nope'\n | request.nope == 1\n | .......^`,
      ],
      ['spec.validations[2].messageExpression', 'Invalid value: "1": must evaluate to string but got int'],
    ],
  )
})
