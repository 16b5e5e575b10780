import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { UserInfo } from '../../machinery/request.js'
import { newServerFixture, podBody, type ServerFixture } from '../testing/server-fixture.js'
import { resourceAttributes } from './attributes.js'
import { newNodeAuthorizer } from './node.js'

const node: UserInfo = { name: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] }

let server: ServerFixture
beforeAll(async () => {
  server = await newServerFixture()
  const volumes = [{ name: 'v', secret: { secretName: 'mounted' } }]
  const create = (name: string, nodeName: string) =>
    server.call({
      verb: 'create',
      group: '',
      resource: 'pods',
      namespace: 'default',
      body: podBody(name, { nodeName, volumes, imagePullSecrets: [{ name: 'pull' }] }),
    })
  await create('own', 'n1')
  await create('foreign', 'n2')
})
afterAll(() => server[Symbol.asyncDispose]())

const unrelated = "no relationship found between node 'n1' and this object"

test.each([
  ['get', 'secrets', 'default', 'mounted', true, ''],
  ['get', 'secrets', 'default', 'pull', true, ''],
  ['get', 'secrets', 'default', 'other', false, unrelated],
  ['list', 'secrets', 'default', '', false, 'No Object name found'],
  ['delete', 'secrets', 'default', 'mounted', false, 'can only read resources of this type'],
  ['get', 'configmaps', 'default', 'kube-root-ca.crt', true, ''],
  ['get', 'pods', 'default', 'own', true, ''],
  ['get', 'pods', 'default', 'foreign', false, unrelated],
  ['list', 'pods', '', '', false, 'can only list/watch pods with spec.nodeName field selector'],
  ['get', 'nodes', '', 'n1', true, ''],
  ['get', 'nodes', '', 'n2', false, "node 'n1' cannot read 'n2', only its own Node object"],
  ['get', 'services', 'default', 'x', true, ''],
])('a node asks to %s %s %s/%s: %s', async (verb, resource, namespace, name, allowed, reason) => {
  const authorize = newNodeAuthorizer(server.rests)
  const decision = await authorize(resourceAttributes(node, { verb, resource, namespace, name }))
  expect(decision).toEqual({ allowed, reason })
})

test('its own pods by field selector', async () => {
  const attributes = resourceAttributes(node, { verb: 'watch', resource: 'pods', fieldSelector: 'spec.nodeName=n1' })
  expect(await newNodeAuthorizer(server.rests)(attributes)).toMatchObject({ allowed: true })
})

test('its own lease, and no other', async () => {
  const lease = (name: string) =>
    resourceAttributes(node, {
      verb: 'update',
      group: 'coordination.k8s.io',
      resource: 'leases',
      namespace: 'kube-node-lease',
      name,
    })
  const authorize = newNodeAuthorizer(server.rests)
  expect(await authorize(lease('n1'))).toMatchObject({ allowed: true })
  expect(await authorize(lease('n2'))).toMatchObject({ allowed: false })
})

test('others are none of its business', () => {
  const attributes = resourceAttributes({ name: 'bob', groups: [] }, { verb: 'get', resource: 'pods' })
  expect(newNodeAuthorizer(server.rests)(attributes)).toBeUndefined()
})
