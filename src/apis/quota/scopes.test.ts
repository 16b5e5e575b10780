import { expect, test } from '@jest/globals'
import type { PersistentVolumeClaim, ResourceQuota, ScopedResourceSelectorRequirement } from '../generated/core-v1.js'
import { inQuotaScope } from './scopes.js'

const claims = { group: '', resource: 'persistentvolumeclaims' }
const quota = (requirement: Partial<ScopedResourceSelectorRequirement>): ResourceQuota => ({
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { name: 'q' },
  spec: {
    scopeSelector: { matchExpressions: [{ scopeName: 'VolumeAttributesClass', operator: 'In', ...requirement }] },
  },
})
const claim = (wanted?: string, current?: string, target?: string): PersistentVolumeClaim => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'c' },
  spec: { ...(wanted && { volumeAttributesClassName: wanted }) },
  status: {
    ...(current && { currentVolumeAttributesClassName: current }),
    ...(target && { modifyVolumeStatus: { status: 'Pending', targetVolumeAttributesClassName: target } }),
  },
})

test.each<[string, Partial<ScopedResourceSelectorRequirement>, PersistentVolumeClaim, boolean]>([
  ['the class asked for', { values: ['gold'] }, claim('gold'), true],
  ['the class it still has', { values: ['gold'] }, claim('silver', 'gold'), true],
  ['the class it is on its way to', { values: ['gold'] }, claim('silver', 'silver', 'gold'), true],
  ['none of its classes', { values: ['gold'] }, claim('silver', 'bronze'), false],
  ['no class', { values: ['gold'] }, claim(), false],
  ['any class', { operator: 'Exists' }, claim(undefined, 'gold'), true],
  ['one class that is not listed', { operator: 'NotIn', values: ['gold'] }, claim('silver', 'gold'), true],
  ['no class where none may be', { operator: 'DoesNotExist' }, claim(), true],
])('a claim counts by %s', (_, requirement, object, counts) =>
  expect(inQuotaScope(quota(requirement), claims, object)).toBe(counts),
)
