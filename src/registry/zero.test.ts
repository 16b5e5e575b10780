import { expect, test } from '@jest/globals'
import { loadSchemas } from '../apis/generated/schema.js'
import { storedKinds } from '../apis/index.js'
import type { AnyObject } from '../machinery/object-meta.js'
import { zeroOf } from './zero.js'

const schemas = loadSchemas()
const template = { metadata: {}, spec: { containers: null } }

/** As a stock server's bookmarks have it. */
test.each([
  ['configmaps', {}],
  ['persistentvolumes', { spec: {}, status: {} }],
  ['services', { spec: {}, status: { loadBalancer: {} } }],
  ['limitranges', { spec: { limits: null } }],
  ['replicationcontrollers', { spec: {}, status: { replicas: 0 } }],
  ['deployments.apps', { spec: { replicas: 0, selector: null, template, strategy: {} }, status: {} }],
  ['ingresses.networking.k8s.io', { spec: {}, status: { loadBalancer: {} } }],
  ['clusterroles.rbac.authorization.k8s.io', { rules: null }],
  ['leases.coordination.k8s.io', { spec: {} }],
])('a bookmark of %s shows %j', (resource, zero) => {
  const kind = storedKinds.find(({ qualifiedResource }) => qualifiedResource === resource)!
  expect(zeroOf({ kind, options: { schemas } })).toEqual(zero)
})

test('a bookmark of deployments can be printed', () => {
  const kind = storedKinds.find(({ qualifiedResource }) => qualifiedResource === 'deployments.apps')!
  const bookmark = { metadata: {}, ...zeroOf({ kind, options: { schemas } }) } as AnyObject
  const cells = kind.printerColumns!.map(column => column.of(bookmark, 0))
  expect(cells).toEqual(['0/0', 0, 0, '<unknown>', '', '', ''])
})
