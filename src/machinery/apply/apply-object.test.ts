import { expect, test } from '@jest/globals'
import { loadSchemas } from '../../apis/generated/schema.js'
import type { AnyObject } from '../object-meta.js'
import { applyObject } from './apply-object.js'
import { mergeObjects } from './merge.js'
import { type MergeContext, resetSets } from './merge-context.js'
import { mergeTypeOf } from './merge-type.js'
import { parentEntries, scaleEntries } from './scale-managers.js'
import { SetTable } from './set-text.js'

const schemas = loadSchemas()
const type = mergeTypeOf(schemas, 'core.v1.Service')!
const context: MergeContext = {
  apiVersion: 'v1',
  kind: 'Service',
  type,
  ...resetSets(['status']),
  sets: new SetTable(),
  version: () => undefined,
}
const service = (ports: object[], annotations?: Record<string, string>): AnyObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'a', ...(annotations && { annotations }) },
  spec: { ports },
})
const apply = (live: AnyObject | undefined, applied: AnyObject, manager: string, force = false) =>
  applyObject(context, { live, applied, force, mark: { manager, subresource: '', time: '2026-01-01T00:00:00Z' } })
    .object
const ports = (object: AnyObject) => (object.spec as { ports: unknown }).ports

test('a manager loses what it no longer mentions, others keep what they own', () => {
  const one = apply(undefined, service([{ port: 80 }, { port: 443 }]), 'one')
  const two = apply(one, service([{ port: 443 }, { port: 8080 }]), 'two')
  expect(ports(two)).toEqual([{ port: 80 }, { port: 443 }, { port: 8080 }])
  expect(ports(apply(two, service([]), 'one'))).toEqual([{ port: 443 }, { port: 8080 }])
})

test('who applies the same again removes nothing, though nobody owns it', () => {
  const one = apply(undefined, service([{ port: 80 }]), 'one')
  const defaulted = { ...one, spec: { ...(one.spec as object), sessionAffinity: 'None' } }
  expect(apply(defaulted, service([{ port: 80 }]), 'one').spec).toEqual({
    ports: [{ port: 80 }],
    sessionAffinity: 'None',
  })
})

test('conflicts name their owners and paths; force takes', () => {
  const one = apply(undefined, service([{ port: 80, name: 'x' }]), 'one')
  const wanted = service([{ port: 80, name: 'y' }])
  expect(() => apply(one, wanted, 'two')).toThrow(
    'Apply failed with 1 conflict: conflict with "one": .spec.ports[port=80,protocol="TCP"].name',
  )
  expect(ports(apply(one, wanted, 'two', true))).toEqual([{ port: 80, name: 'y' }])
})

test('kubectl takes what client-side apply set, and keeps its annotation up to date', () => {
  const key = 'kubectl.kubernetes.io/last-applied-configuration'
  const before = service([{ port: 80, name: 'x' }])
  const live = service([{ port: 80, protocol: 'TCP', name: 'x' }], { [key]: JSON.stringify(before) })
  live.metadata.managedFields = [
    {
      manager: 'kubectl-client-side-apply',
      operation: 'Update',
      apiVersion: 'v1',
      fieldsType: 'FieldsV1',
      fieldsV1: {
        'f:spec': { 'f:ports': { 'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:name': {}, 'f:port': {} } } },
      },
    },
  ]
  const wanted = service([{ port: 80, name: 'y' }])
  expect(() => apply(structuredClone(live), wanted, 'other')).toThrow('1 conflict')
  const applied = apply(live, wanted, 'kubectl')
  expect(ports(applied)).toEqual([{ port: 80, protocol: 'TCP', name: 'y' }])
  expect(JSON.parse(applied.metadata.annotations![key]!)).toEqual(wanted)
})

test.each([
  { live: ['a', 'b', 'c'], applied: ['c', 'd', 'a'], merged: ['b', 'c', 'd', 'a'] },
  { live: ['a', 'b'], applied: ['b'], merged: ['a', 'b'] },
  { live: [], applied: ['x'], merged: ['x'] },
])('the order of $live with $applied', ({ live, applied, merged }) => {
  const of = (finalizers: string[]) => ({ metadata: { finalizers } })
  expect(mergeObjects(type, of(live), of(applied))).toEqual(of(merged))
})

test.each([
  {
    body: { spec: { ports: [{ port: 80 }, { port: 80 }] } },
    says: '.spec.ports: duplicate entries for key [port=80,protocol="TCP"]',
  },
  { body: { spec: { foo: 1 } }, says: '.spec.foo: field not declared in schema' },
  { body: { spec: { clusterIP: 5 } }, says: '.spec.clusterIP: expected string, got &value.valueUnstructured{Value:5}' },
])('refuses $body', ({ body, says }) => {
  const applied = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'a' }, ...body }
  expect(() => apply(undefined, applied, 'one')).toThrow(
    `failed to create typed patch object (/a; /v1, Kind=Service): ${says}`,
  )
})

test('owners of the replicas are those of the Scale', () => {
  const parent = {
    apiVersion: 'apps/v1',
    replicasIn: (version: string) => (version === 'apps/v1' ? 'spec.replicas' : undefined),
  }
  const entry = (manager: string, fieldsV1: object, apiVersion = 'apps/v1') => ({
    manager,
    operation: 'Apply',
    apiVersion,
    fieldsType: 'FieldsV1',
    fieldsV1: fieldsV1 as Record<string, unknown>,
  })
  const replicas = { 'f:spec': { 'f:replicas': {} } }
  const entries = [
    entry('a', { 'f:spec': { 'f:paused': {}, 'f:replicas': {} } }),
    entry('b', { 'f:spec': { 'f:paused': {} } }),
  ]
  expect(scaleEntries(parent, entries)).toEqual([entry('a', replicas, 'autoscaling/v1')])
  expect(parentEntries(parent, entries, [entry('c', replicas, 'autoscaling/v1')])).toEqual([
    entry('a', { 'f:spec': { 'f:paused': {} } }),
    entry('b', { 'f:spec': { 'f:paused': {} } }),
    entry('c', replicas),
  ])
})
