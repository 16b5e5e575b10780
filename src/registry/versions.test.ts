/** Kinds that live in a special way: namespaces, and kinds that are served in two versions but stored in one. */
import { beforeEach, describe, expect, test } from '@jest/globals'
import { horizontalPodAutoscalerConversion, horizontalPodAutoscaler as hpaV1 } from '../apis/autoscaling-v1/index.js'
import { horizontalPodAutoscaler as hpaV2 } from '../apis/autoscaling-v2/horizontal-pod-autoscaler.js'
import { event as coreEvent } from '../apis/core-v1/event.js'
import { namespace } from '../apis/core-v1/namespace.js'
import { event, eventConversion } from '../apis/events-v1/event.js'
import type { AnyObject } from '../machinery/object-meta.js'
import { type Fixture, names, newFixture, newObject, record, scope, shown } from './fixture.js'

let fixture: Fixture
beforeEach(() => {
  fixture = newFixture([namespace, hpaV1, hpaV2, coreEvent, event], {
    conversions: [horizontalPodAutoscalerConversion, eventConversion],
  })
})

describe('a namespace', () => {
  const key = { name: 'a' }
  const get = () => fixture.registry.rest(namespace).get(key)
  const update = (change: (object: AnyObject) => void, subresource = '') =>
    fixture.registry.rest(namespace).update(
      key,
      current => {
        change(current!)
        return current!
      },
      { ...scope, subresource },
    )
  const remove = () => fixture.registry.rest(namespace).delete(key, {}, scope)
  beforeEach(async () => {
    await fixture.registry.rest(namespace).create(undefined, newObject('a'), scope)
  })

  test('begins active, with a finalizer that only the finalize subresource takes away', async () => {
    await update(o => {
      o.spec = {}
    })
    expect((await get()).object).toMatchObject({ spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } })
  })

  test('is terminating from its deletion on, and gone when its content is', async () => {
    const first = await remove()
    expect([first.removed, first.stored.object.status]).toEqual([false, { phase: 'Terminating' }])
    expect(first.stored.object.metadata.deletionTimestamp).toBe('2025-01-01T00:00:00Z')
    expect((await remove()).removed).toBe(false)
    await update(o => {
      o.spec = { finalizers: [] }
    }, 'finalize')
    await expect(get()).rejects.toMatchObject({ code: 404 })
  })

  test('is kept by a finalizer of its metadata after its content is gone', async () => {
    await update(o => {
      o.metadata.finalizers = ['example.com/hold']
    })
    await remove()
    await update(o => {
      o.spec = { finalizers: [] }
    }, 'finalize')
    expect((await remove()).removed).toBe(false)
    await update(o => {
      o.metadata.finalizers = []
    })
    await expect(get()).rejects.toMatchObject({ code: 404 })
  })
})

describe('two versions of one kind', () => {
  const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }
  const make = (version: typeof hpaV1 | typeof hpaV2, spec: object) =>
    fixture.registry
      .rest(version)
      .create(
        'ns',
        newObject('a', { spec: { scaleTargetRef: target, minReplicas: 1, maxReplicas: 3, ...spec } }),
        scope,
      )

  test('are stored once, as the hub', async () => {
    const { object } = await make(hpaV1, { targetCPUUtilizationPercentage: 50 })
    expect(object).toMatchObject({ apiVersion: 'autoscaling/v1', spec: { targetCPUUtilizationPercentage: 50 } })
    const stored = await fixture.storage.get('/registry/horizontalpodautoscalers/ns/a')
    expect(JSON.parse(Buffer.from(stored!.bytes).toString()).apiVersion).toBe('autoscaling/v2')
    const other = (await fixture.registry.rest(hpaV2).get({ name: 'a', namespace: 'ns' })).object
    expect(other).toMatchObject({
      apiVersion: 'autoscaling/v2',
      metadata: { uid: object.metadata.uid, resourceVersion: '1' },
      spec: { metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { averageUtilization: 50 } } }] },
    })
  })

  test('bytes, lists and events come in the version asked for', async () => {
    const v1 = fixture.registry.rest(hpaV1)
    const seen = record(await v1.watch('ns', {}, new AbortController().signal))
    await make(hpaV2, {})
    await v1.update(
      { name: 'a', namespace: 'ns' },
      o => ({ ...o!, metadata: { ...o!.metadata, labels: { a: 'b' } } }),
      scope,
    )
    expect(seen.events.map(shown)).toEqual(['ADDED a@1', 'MODIFIED a@2'])
    expect(Buffer.from(seen.events[0]!.frame).toString()).toContain('"apiVersion":"autoscaling/v1"')
    const [item] = (await v1.list('ns', {})).items
    expect(JSON.parse(Buffer.from(item!.bytes).toString())).toEqual(item!.object)
    expect(item!.object.apiVersion).toBe('autoscaling/v1')
  })

  test('each selects by the fields of its own', async () => {
    const events = fixture.registry.rest(coreEvent)
    const about = (name: string) => ({
      involvedObject: { kind: 'Pod', name, namespace: 'ns' },
      reason: 'Test',
      type: 'Normal',
    })
    for (const name of ['a', 'b']) await events.create('ns', newObject(`e-${name}`, about(name)), scope)
    const core = await events.list('ns', { fieldSelector: 'involvedObject.name=a' })
    const newer = await fixture.registry.rest(event).list('ns', { fieldSelector: 'regarding.name=b' })
    expect([names(core), names(newer)]).toEqual([['e-a'], ['e-b']])
  })
})
