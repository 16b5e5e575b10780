import { expect, test } from '@jest/globals'
import { getPath, setPath, withPath } from './paths.js'

const object = { spec: { replicas: 3, template: { metadata: { labels: { a: 'b' } } } } }

test('reads', () => {
  expect(getPath(object, 'spec.replicas')).toBe(3)
  expect(getPath(object, '.spec.template.metadata.labels')).toEqual({ a: 'b' })
  expect(getPath(object, 'spec.missing.deep')).toBeUndefined()
  expect(getPath(object, 'spec.replicas.deep')).toBeUndefined()
  expect(getPath(object, 'constructor.name')).toBeUndefined()
})

test('writes, making what is missing', () => {
  const copy = structuredClone(object) as Record<string, unknown>
  setPath(copy, 'spec.replicas', 5)
  setPath(copy, 'status.deep.x', 1)
  setPath(copy, 'spec.template', undefined)
  setPath(copy, 'absent.x', undefined)
  expect(copy).toEqual({ spec: { replicas: 5 }, status: { deep: { x: 1 } } })
})

test('never touches a prototype', () => {
  const copy = {}
  setPath(copy, '__proto__.polluted', true)
  expect(({} as Record<string, unknown>).polluted).toBeUndefined()
})

test('copies only the way to the value', () => {
  const copy = withPath(object, 'spec.replicas', 4)
  expect(copy).toEqual({ spec: { ...object.spec, replicas: 4 } })
  expect(copy.spec.template).toBe(object.spec.template)
  expect(object.spec.replicas).toBe(3)
  expect(withPath(object, 'status.x', undefined)).toBe(object)
})
