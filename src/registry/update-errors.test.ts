/** Upstream looks at metadata and spec more than once on an update, and tells what it finds each time. */
import { describe, expect, test } from '@jest/globals'
import { controllerRevision } from '../apis/apps-v1/controller-revision.js'
import { deployment } from '../apis/apps-v1/deployment.js'
import { job } from '../apis/batch-v1/job.js'
import { configMap } from '../apis/core-v1/config-map.js'
import { persistentVolume } from '../apis/core-v1/persistent-volume.js'
import type { AnyKind } from '../machinery/kind.js'
import type { AnyObject } from '../machinery/object-meta.js'
import { updateErrors } from './update-errors.js'
import { viewOf } from './view.js'

function fieldsOf(kind: AnyKind, object: Partial<AnyObject>, old: Partial<AnyObject>): string[] {
  const metadata = { name: 'a', resourceVersion: '5', ...(kind.scope === 'Namespaced' && { namespace: 'n' }) }
  const whole = (part: Partial<AnyObject>) =>
    ({
      apiVersion: kind.apiVersion,
      kind: kind.kind,
      ...part,
      metadata: { ...metadata, ...part.metadata },
    }) as AnyObject
  const change = { object: whole(object), old: whole(old) }
  const write = { now: 0, subresource: '', dryRun: false }
  const namespaced = kind.scope === 'Namespaced'
  return updateErrors(kind, viewOf(kind, ''), { ...change, write, namespaced }).map(({ field }) => field)
}

const volume = { capacity: { storage: '1' }, hostPath: { path: '/x' }, volumeMode: 'Filesystem' }

describe('errors of an update', () => {
  test('a bad label of a config map is found three times and once more', () => {
    const labels = { 'a b': 'c' }
    expect(fieldsOf(configMap, { metadata: { labels } }, {})).toEqual(Array(4).fill('metadata.labels'))
  })
  test('a bad label of a deployment is found three times', () => {
    const spec = {
      replicas: 1,
      selector: { matchLabels: { a: 'b' } },
      template: { metadata: { labels: { a: 'b' } }, spec: { containers: [] } },
      strategy: { type: 'Recreate' },
    }
    const found = fieldsOf(deployment, { spec, metadata: { labels: { 'a b': 'c' } } }, { spec })
    expect(found.filter(field => field === 'metadata.labels')).toHaveLength(3)
  })
  test('a finalizer without a domain is told by the kind, not by the registry', () => {
    expect(fieldsOf(configMap, { metadata: { finalizers: ['plain'] } }, {})).toEqual(
      Array(2).fill('metadata.finalizers[0]'),
    )
  })
  test('the spec of a volume is looked at twice', () => {
    const found = fieldsOf(persistentVolume, { spec: volume }, { spec: volume })
    expect(found.filter(field => field === 'spec.accessModes')).toHaveLength(2)
  })
})

test('of a job, the labels that the server sets are looked for once and the rest of the spec twice', () => {
  const spec = { manualSelector: false, selector: {}, template: { spec: { restartPolicy: 'Never' } } }
  const fields = fieldsOf(job, { spec }, { spec })
  const count = (field: string) => fields.filter(other => other === field).length
  expect(count('spec.template.metadata.labels[job-name]')).toBe(1)
  expect(count('spec.template.spec.containers')).toBe(2)
})

test('the data of a revision is looked at once, since it may not change', () => {
  expect(fieldsOf(controllerRevision, { data: ['a'], revision: 1 }, { data: {}, revision: 1 })).toEqual(['data'])
})

test('a selector that may not change is shown with its labels sorted', () => {
  const of = (matchLabels: object) =>
    ({ metadata: { name: 'a', namespace: 'n' }, spec: { selector: { matchLabels } } }) as AnyObject
  const selected = { ...deployment, updateChecks: ['immutable'] } as unknown as AnyKind
  const change = { object: of({ b: '1', a: '2' }), old: of({}), write: { now: 0, subresource: '', dryRun: false } }
  expect(updateErrors(selected, viewOf(selected, ''), { ...change, namespaced: true }).map(e => e.message)).toContain(
    'Invalid value: {"matchLabels":{"a":"2","b":"1"}}: field is immutable',
  )
})
