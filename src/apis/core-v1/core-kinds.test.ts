import { describe, expect, test } from '@jest/globals'
import { tableRow } from '../../machinery/table.js'
import type { Namespace, Node, Pod, Secret } from '../generated/core-v1.js'
import { prepared } from '../kind-testing.js'
import { validateBinding } from './binding.js'
import { coreV1Kinds, namespace, node, pod, secret } from './index.js'

describe('deleting a pod waits', () => {
  const scheduled = (spec = {}, status = {}): Pod =>
    ({
      metadata: { name: 'web' },
      spec: { containers: [], nodeName: 'n', terminationGracePeriodSeconds: 30, ...spec },
      status,
    }) as unknown as Pod
  test.each<[string, Pod, number | undefined, number]>([
    ['for what the pod says', scheduled(), undefined, 30],
    ['for what was asked', scheduled(), 5, 5],
    ['not at all when forced', scheduled(), 0, 0],
    ['a second for a negative period', scheduled(), -1, 1],
    ['not for a pod without node', scheduled({ nodeName: '' }), 5, 0],
    ['not for a pod that failed', scheduled({}, { phase: 'Failed' }), 5, 0],
    ['not for a pod that succeeded', scheduled({}, { phase: 'Succeeded' }), undefined, 0],
  ])('%s', (_, object, requested, wanted) => {
    expect(pod.strategy.gracePeriodSeconds?.(object, requested)).toBe(wanted)
  })
})

test('a row of a pod that ended says so', () => {
  const rowOf = (phase: string) => {
    const object = { metadata: { name: 'web' }, spec: { containers: [] }, status: { phase } } as unknown as Pod
    return tableRow(pod, object, 0)
  }
  const message = 'The pod failed.'
  expect(rowOf('Failed')?.conditions).toEqual([{ type: 'Completed', status: 'True', reason: 'Failed', message }])
  expect(rowOf('Running')).not.toHaveProperty('conditions')
})

test('text of a secret becomes data and wins', () => {
  const object = prepared(secret, {
    metadata: { name: 'a' },
    data: { user: 'eA==', other: 'eQ==' },
    stringData: { user: 'grün' },
  } as unknown as Secret)
  expect(object.stringData).toBeUndefined()
  expect(object.data).toEqual({ user: Buffer.from('grün').toString('base64'), other: 'eQ==' })
  expect(object.type).toBe('Opaque')
})

describe('a namespace', () => {
  const made = () => prepared(namespace, { metadata: { name: 'blue' } } as Namespace)
  test('starts active, finalised by the server and labelled with its name', () => {
    expect(made()).toMatchObject({
      metadata: { labels: { 'kubernetes.io/metadata.name': 'blue' } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    })
  })
  test('keeps its finalizers in a plain update', () => {
    const object: Namespace = { ...made(), spec: { finalizers: [] } }
    namespace.strategy.prepareForUpdate?.(object, made(), { now: 0, subresource: '', dryRun: false })
    expect(object.spec?.finalizers).toEqual(['kubernetes'])
  })
})

test('a node registers with its status', () => {
  expect(node.strategy.keepStatusOnCreate).toBe(true)
  const object = { metadata: { name: 'n' }, spec: {}, status: { capacity: { cpu: '0.5' } } } as unknown as Node
  expect(prepared(node, object).status).toMatchObject({ capacity: { cpu: '500m' }, allocatable: { cpu: '500m' } })
})

describe('a binding', () => {
  test.each<[string, string, string[]]>([
    ['Node', 'n', []],
    ['', 'n', []],
    ['Pod', 'n', ['target.kind: Unsupported value: "Pod": supported values: "Node", "<empty>"']],
    ['Node', '', ['target.name: Required value']],
  ])('to %s %p', (kind, name, wanted) => {
    const errors = [...validateBinding({ metadata: {}, target: { kind, name } })]
    expect(errors.map(({ field, message }) => `${field}: ${message}`)).toEqual(wanted)
  })
})

test('every kind of the group is listed once', () => {
  const names = coreV1Kinds.map(({ kind }) => kind)
  expect(new Set(names).size).toBe(names.length)
  expect(names).toHaveLength(17)
})
