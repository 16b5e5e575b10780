import { describe, expect, test } from '@jest/globals'
import type { Container, Pod, PodSpec } from '../generated/core-v1.js'
import { computeQosClass } from './pod-qos.js'
import { podLimits, podRequests } from './pod-resources.js'

const container = (name: string, cpu: string, rest: Partial<Container> = {}): Container => ({
  name,
  resources: { requests: { cpu }, limits: { cpu } },
  ...rest,
})
const sidecar = (name: string, cpu: string) => container(name, cpu, { restartPolicy: 'Always' })
const podOf = (spec: Partial<PodSpec>): Pod => ({ metadata: { name: 'web' }, spec: { containers: [], ...spec } }) as Pod

describe('requests of a pod', () => {
  test.each<[string, Partial<PodSpec>, Record<string, string>]>([
    ['the sum of its containers', { containers: [container('a', '100m'), container('b', '200m')] }, { cpu: '300m' }],
    [
      'a large init container counts instead',
      { containers: [container('a', '100m')], initContainers: [container('i', '1'), container('j', '500m')] },
      { cpu: '1' },
    ],
    [
      'sidecars count beside containers',
      { containers: [container('a', '100m')], initContainers: [sidecar('s', '200m')] },
      { cpu: '300m' },
    ],
    [
      'sidecars count beside the init containers after them only',
      { containers: [container('a', '100m')], initContainers: [container('i', '1'), sidecar('s', '200m')] },
      { cpu: '1' },
    ],
    [
      'sidecars count beside later init containers',
      { containers: [container('a', '100m')], initContainers: [sidecar('s', '200m'), container('i', '1')] },
      { cpu: '1200m' },
    ],
    [
      'overhead comes on top',
      { containers: [container('a', '100m')], overhead: { cpu: '50m', memory: '1Gi' } },
      { cpu: '150m', memory: '1Gi' },
    ],
    [
      'pod-level amounts win over the sum',
      { containers: [container('a', '100m')], resources: { requests: { cpu: '2', 'example.com/gpu': '1' } } },
      { cpu: '2' },
    ],
  ])('%s', (_, spec, wanted) => {
    expect(podRequests(podOf(spec))).toEqual(wanted)
  })

  test('overhead can be left out', () => {
    const pod = podOf({ containers: [container('a', '100m')], overhead: { cpu: '50m' } })
    expect(podRequests(pod, { excludeOverhead: true })).toEqual({ cpu: '100m' })
  })

  test('overhead is added only to limits that exist', () => {
    const pod = podOf({ containers: [container('a', '100m')], overhead: { cpu: '50m', memory: '1Gi' } })
    expect(podLimits(pod)).toEqual({ cpu: '150m' })
  })
})

describe('while a resize is under way', () => {
  const resizing = (reason?: string): Pod => ({
    ...podOf({ containers: [container('a', '500m')] }),
    status: {
      conditions: reason ? [{ type: 'PodResizePending', status: 'True', reason }] : [],
      containerStatuses: [
        {
          name: 'a',
          image: '',
          imageID: '',
          ready: true,
          restartCount: 0,
          allocatedResources: { cpu: '200m' },
          resources: { requests: { cpu: '300m' } },
        },
      ],
    },
  })
  test('the greatest of wanted, allocated and actual counts', () => {
    expect(podRequests(resizing(), { useStatusResources: true })).toEqual({ cpu: '500m' })
  })
  test('what cannot be done does not count', () => {
    expect(podRequests(resizing('Infeasible'), { useStatusResources: true })).toEqual({ cpu: '300m' })
  })
  test('only the wish counts for those that do not ask', () => {
    expect(podRequests(resizing('Infeasible'))).toEqual({ cpu: '500m' })
  })
})

describe('quality of service', () => {
  const full = { cpu: '1', memory: '1Gi' }
  const resources = (requests?: Record<string, string>, limits?: Record<string, string>): Container => ({
    name: 'a',
    resources: { requests, limits },
  })
  test.each<[string, Partial<PodSpec>, string]>([
    ['nothing asked', { containers: [{ name: 'a' }] }, 'BestEffort'],
    ['zero asked', { containers: [resources({ cpu: '0' })] }, 'BestEffort'],
    ['requests equal limits', { containers: [resources(full, full)] }, 'Guaranteed'],
    ['equal in another notation', { containers: [resources({ cpu: '1000m', memory: '1024Mi' }, full)] }, 'Guaranteed'],
    ['less requested', { containers: [resources({ cpu: '1', memory: '1Mi' }, full)] }, 'Burstable'],
    ['no limit of memory', { containers: [resources({ cpu: '1' }, { cpu: '1' })] }, 'Burstable'],
    ['one container without', { containers: [resources(full, full), { name: 'b' }] }, 'Burstable'],
    [
      'an init container without',
      { containers: [resources(full, full)], initContainers: [{ name: 'i' }] },
      'Burstable',
    ],
    ['pod-level limits', { containers: [{ name: 'a' }], resources: { requests: full, limits: full } }, 'Guaranteed'],
    ['other resources do not count', { containers: [resources({ 'example.com/gpu': '1' })] }, 'BestEffort'],
  ])('%s', (_, spec, wanted) => {
    expect(computeQosClass(podOf(spec))).toBe(wanted)
  })
})
