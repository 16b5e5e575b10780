import { expect, test } from '@jest/globals'
import type { DaemonSet } from '../generated/apps-v1.js'
import { cells, createErrors, prepared } from '../kind-testing.js'
import { daemonSet } from './daemon-set.js'

const newDaemonSet = (): DaemonSet => ({
  metadata: { name: 'agent', namespace: 'default' },
  spec: {
    selector: { matchLabels: { app: 'agent' } },
    updateStrategy: {},
    template: {
      metadata: { labels: { app: 'agent' } },
      spec: { nodeSelector: { disk: 'ssd' }, containers: [{ name: 'agent', image: 'agent' }] },
    },
  },
})
const key = 'deprecated.daemonset.template.generation'
const context = { now: 0, subresource: '', dryRun: false }

test('the template generation starts at 1 and counts changes of the template only', () => {
  const first = prepared(daemonSet, newDaemonSet())
  expect(first.metadata.annotations).toEqual({ [key]: '1' })

  const scaled = prepared(daemonSet, newDaemonSet())
  scaled.spec.minReadySeconds = 5
  daemonSet.strategy.prepareForUpdate?.(scaled, first, context)
  expect(scaled.metadata.annotations?.[key]).toBe('1')

  const rolled = prepared(daemonSet, newDaemonSet())
  rolled.spec.template.spec!.containers[0]!.image = 'agent:2'
  daemonSet.strategy.prepareForUpdate?.(rolled, scaled, context)
  expect(rolled.metadata.annotations?.[key]).toBe('2')
})

test('what a client says of the template generation starts it, and is overruled later', () => {
  const given = newDaemonSet()
  given.metadata.annotations = { [key]: '7' }
  const first = prepared(daemonSet, given)
  expect(first.metadata.annotations).toEqual({ [key]: '7' })

  const later = prepared(daemonSet, newDaemonSet())
  later.metadata.annotations = { [key]: '9' }
  daemonSet.strategy.prepareForUpdate?.(later, first, { ...context, subresource: 'status' })
  expect(later.metadata.annotations).toEqual({ [key]: '7' })
})

test.each([
  ['x', 'strconv.ParseInt: parsing "x": invalid syntax'],
  ['9223372036854775808', 'strconv.ParseInt: parsing "9223372036854775808": value out of range'],
])('a template generation of %s cannot be read', (text, message) => {
  const object = newDaemonSet()
  object.metadata.annotations = { [key]: text }
  expect(() => daemonSet.setDefaults?.(object)).toThrow(message)
})

test('surge and unavailable exclude each other', () => {
  const object = newDaemonSet()
  object.spec.updateStrategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } }
  expect(createErrors(daemonSet, object)).toEqual([
    'spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero',
  ])
})

test('columns show the node selector', () => {
  expect(cells(daemonSet, prepared(daemonSet, newDaemonSet()))).toMatchObject({
    Desired: 0,
    'Node Selector': 'disk=ssd',
    Selector: 'app=agent',
  })
})
