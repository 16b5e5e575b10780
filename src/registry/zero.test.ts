import { expect, test } from '@jest/globals'
import { loadSchemas } from '../apis/generated/schema.js'
import { storedKinds as kinds } from '../apis/index.js'
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
  const kind = kinds.find(({ qualifiedResource }) => qualifiedResource === resource)!
  expect(zeroOf({ kind, options: { schemas } })).toEqual(zero)
})
