import { expect, test } from '@jest/globals'
import { componentStatus } from '../apis/core-v1/component-status.js'
import { ComponentStatuses } from './component-statuses.js'

const statuses = new ComponentStatuses(componentStatus, [
  { name: 'scheduler', check: async () => {} },
  { name: 'etcd-0', check: () => Promise.reject(new Error('disk is gone')) },
])

test('each component is asked at each read', async () => {
  const { items } = await statuses.list(undefined, {})
  expect(items.map(({ object }) => [object.metadata.name, object.conditions])).toEqual([
    ['scheduler', [{ type: 'Healthy', status: 'True', message: 'ok' }]],
    ['etcd-0', [{ type: 'Healthy', status: 'False', message: 'disk is gone' }]],
  ])
  expect((await statuses.get({ name: 'scheduler' })).object.kind).toBe('ComponentStatus')
})

test('a component that is not there is not found, and nothing can be written', async () => {
  await expect(statuses.get({ name: 'x' })).rejects.toThrow('componentstatuses "x" not found')
  await expect(statuses.create()).rejects.toThrow('does not allow this method')
})
