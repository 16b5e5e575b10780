import { expect, test } from '@jest/globals'
import { dropRepeatedOwners } from './owner-references.js'

const owner = (name: string, uid = 'u') => ({ apiVersion: 'v1', kind: 'ConfigMap', name, uid })

test('owners that are there twice are dropped with a warning', () => {
  const warnings: string[] = []
  const object = { metadata: { ownerReferences: [owner('a'), owner('b'), owner('a'), owner('a', 'v')] } }
  dropRepeatedOwners(object, 'admitted', message => warnings.push(message))
  expect(object.metadata.ownerReferences).toEqual([owner('a'), owner('b'), owner('a', 'v')])
  expect(warnings).toEqual([
    '.metadata.ownerReferences contains duplicate entries after mutating admission happens; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: u',
  ])
  dropRepeatedOwners(object, 'sent', message => warnings.push(message))
  expect(warnings).toHaveLength(1)
})
