import { expect, test } from '@jest/globals'
import { storedKinds } from '../apis/index.js'
import { KeyResources } from './key-resources.js'

const resources = new KeyResources(storedKinds)

test.each([
  { key: '/registry/secrets/ns/a', group: '', resource: 'secrets' },
  { key: '/registry/minions/node-1', group: '', resource: 'nodes' },
  { key: '/registry/services/specs/ns/a', group: '', resource: 'services' },
  { key: '/registry/services/endpoints/ns/a', group: '', resource: 'endpoints' },
  { key: '/registry/events/ns/a.1', group: '', resource: 'events' },
  { key: '/registry/deployments/ns/a', group: 'apps', resource: 'deployments' },
  { key: '/registry/ingress/ns/a', group: 'networking.k8s.io', resource: 'ingresses' },
  {
    key: '/registry/apiextensions.k8s.io/customresourcedefinitions/a.b',
    group: 'apiextensions.k8s.io',
    resource: 'customresourcedefinitions',
  },
  { key: '/registry/example.com/things/ns/a', group: 'example.com', resource: 'things' },
])('$key belongs to $resource of "$group"', ({ key, group, resource }) => {
  expect(resources.of(key)).toEqual({ group, resource, isRecord: false })
})

test.each(['/registry/ranges/servicenodeports', '/registry/masterleases/10.0.0.1:6443'])('%s is a record', key => {
  expect(resources.of(key).isRecord).toBe(true)
})
