import { beforeAll, describe, expect, test } from '@jest/globals'
import type { DeviceClaim, DeviceClass, ResourceClaim, ResourceSlice } from '../../apis/generated/resource-v1.js'
import { loadPatternEngine } from '../../machinery/structural/pattern.js'
import { newNode } from '../scheduler-testing.js'
import { allocate } from './allocate.js'

beforeAll(loadPatternEngine)

const driver = 'gpu.example.com'
const gpu = (name: string, model: string, memory: string, numa: number) => ({
  name,
  attributes: { model: { string: model }, numa: { int: numa }, [`${driver}/driver`]: { version: '1.2.3' } },
  capacity: { memory: { value: memory } },
})
const slice = (spec: object = {}): ResourceSlice => ({
  metadata: { name: 'slice' },
  spec: {
    driver,
    pool: { name: 'n1', generation: 1, resourceSliceCount: 1 },
    nodeName: 'n1',
    devices: [
      gpu('a', 'small', '8Gi', 0),
      gpu('b', 'big', '40Gi', 0),
      gpu('c', 'big', '80Gi', 1),
      gpu('d', 'big', '80Gi', 1),
    ],
    ...spec,
  },
})
const className = 'gpu'
const classes: Record<string, DeviceClass> = {
  gpu: {
    metadata: { name: className },
    spec: {
      selectors: [{ cel: { expression: `device.driver == "${driver}"` } }],
      config: [{ opaque: { driver, parameters: { mode: 'x' } } }],
    },
  },
  other: { metadata: { name: 'other' }, spec: { selectors: [{ cel: { expression: 'device.driver == "other"' } }] } },
}
const claim = (devices: DeviceClaim): ResourceClaim => ({
  metadata: { namespace: 'default', name: 'claim' },
  spec: { devices },
})
const request = (more: object = {}, name = 'r') => ({
  name,
  exactly: { deviceClassName: className, allocationMode: 'ExactCount', count: 1, ...more },
})
const where = (expression: string) => ({ selectors: [{ cel: { expression } }] })
const my = `device.attributes["${driver}"]`

const names = (devices: DeviceClaim, { taken = [] as string[], slices = [slice()], node = 'n1' } = {}) =>
  allocate([claim(devices)], newNode(node, { labels: { gpus: 'yes' } }), {
    slices,
    deviceClass: name => classes[name],
    taken: new Set(taken.map(name => `${driver}/n1/${name}`)),
  })?.map(({ devices: given }) => given?.results?.map(each => `${each.request}:${each.device}`).join(' '))

describe('devices are given', () => {
  const numa = { matchAttribute: `${driver}/numa` }
  test.each<[string, DeviceClaim, object, string | undefined]>([
    ['the first of the class', { requests: [request()] }, {}, 'r:a'],
    ['the first that is free', { requests: [request()] }, { taken: ['a', 'b'] }, 'r:c'],
    ['by attribute', { requests: [request(where(`${my}.model == "big"`))] }, {}, 'r:b'],
    [
      'by capacity',
      { requests: [request(where(`device.capacity["${driver}"].memory.compareTo(quantity("64Gi")) >= 0`))] },
      {},
      'r:c',
    ],
    ['by version', { requests: [request(where(`${my}.driver.isGreaterThan(semver("1.0.0"))`))] }, {}, 'r:a'],
    ['by domain', { requests: [request(where('"other" in device.attributes'))] }, {}, undefined],
    [
      'where a field is missing from another domain',
      { requests: [request(where('has(device.attributes["x"].y)'))] },
      {},
      undefined,
    ],
    ['several', { requests: [request({ count: 3 })] }, {}, 'r:a r:b r:c'],
    ['not more than there are', { requests: [request({ count: 5 })] }, {}, undefined],
    ['all', { requests: [request({ allocationMode: 'All', ...where(`${my}.model == "big"`) })] }, {}, 'r:b r:c r:d'],
    ['all, or none', { requests: [request({ allocationMode: 'All' })] }, { taken: ['d'] }, undefined],
    [
      'none of a class without devices',
      { requests: [request({ deviceClassName: 'other', allocationMode: 'All' })] },
      {},
      undefined,
    ],
    [
      'so that they agree',
      { requests: [request({ count: 2, ...where(`${my}.model == "big"`) })], constraints: [numa] },
      {},
      'r:c r:d',
    ],
    [
      'so that requests agree',
      { requests: [request(where(`${my}.model == "big"`), 'one'), request({}, 'two')], constraints: [numa] },
      { taken: ['a'] },
      'one:c two:d',
    ],
    [
      'to administrators though they are taken',
      { requests: [request({ adminAccess: true })] },
      { taken: ['a'] },
      'r:a',
    ],
    [
      'by the first alternative that can be had',
      {
        requests: [
          {
            name: 'r',
            firstAvailable: [
              { name: 'five', deviceClassName: className, allocationMode: 'ExactCount', count: 5 },
              { name: 'two', deviceClassName: className, allocationMode: 'ExactCount', count: 2 },
            ],
          },
        ],
      },
      {},
      'r/two:a r/two:b',
    ],
    ['not of other nodes', { requests: [request()] }, { node: 'n2' }, undefined],
    [
      'of all nodes',
      { requests: [request()] },
      { node: 'n2', slices: [slice({ nodeName: undefined, allNodes: true })] },
      'r:a',
    ],
    [
      'of the newest generation',
      { requests: [request()] },
      {
        slices: [
          slice(),
          slice({ pool: { name: 'n1', generation: 2, resourceSliceCount: 1 }, devices: [gpu('new', 'big', '1Gi', 0)] }),
        ],
      },
      'r:new',
    ],
  ])('%s', (_, devices, options, expected) => expect(names(devices, options)).toEqual(expected && [expected]))
})

test('all of a pool that is not complete cannot be told', () => {
  const slices = [slice({ pool: { name: 'n1', generation: 1, resourceSliceCount: 2 } })]
  expect(() => names({ requests: [request({ allocationMode: 'All' })] }, { slices })).toThrow(
    'claim default/claim, request r: asks for all devices, but resource pool gpu.example.com/n1 is currently being updated',
  )
})

test('an expression that fails is an error', () => {
  expect(() => names({ requests: [request(where(`${my}.nothing == 1`))] })).toThrow(
    'claim default/claim: selector #0: CEL runtime error: no such key: nothing',
  )
})

test('the result says where, and with which settings', () => {
  const selector = { nodeSelectorTerms: [{ matchExpressions: [{ key: 'gpus', operator: 'In', values: ['yes'] }] }] }
  const config = [{ requests: ['r'], opaque: { driver, parameters: { own: true } } }]
  const [result] =
    allocate([claim({ requests: [request()], config })], newNode('n9', { labels: { gpus: 'yes' } }), {
      slices: [slice({ nodeName: undefined, nodeSelector: selector })],
      deviceClass: name => classes[name],
      taken: new Set(),
    }) ?? []
  expect(result).toEqual({
    devices: {
      results: [{ request: 'r', driver, pool: 'n1', device: 'a' }],
      config: [
        { source: 'FromClass', requests: ['r'], opaque: { driver, parameters: { mode: 'x' } } },
        { source: 'FromClaim', requests: ['r'], opaque: { driver, parameters: { own: true } } },
      ],
    },
    nodeSelector: selector,
  })
})
