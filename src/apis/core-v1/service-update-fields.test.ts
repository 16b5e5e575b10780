import { describe, expect, test } from '@jest/globals'
import type { Service, ServiceSpec } from '../generated/core-v1.js'
import { normalizeClusterIps, prepareServiceForUpdate } from './service-update-fields.js'

const clusterIp: ServiceSpec = { type: 'ClusterIP', clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1'] }
const nodePort: ServiceSpec = {
  ...clusterIp,
  type: 'NodePort',
  ports: [
    { name: 'a', port: 80, nodePort: 30080 },
    { name: 'b', port: 81, nodePort: 30081 },
  ],
}
const balanced: ServiceSpec = {
  ...nodePort,
  type: 'LoadBalancer',
  externalTrafficPolicy: 'Local',
  healthCheckNodePort: 30200,
  allocateLoadBalancerNodePorts: true,
}

function updated(old: ServiceSpec, spec: ServiceSpec): ServiceSpec {
  const service = { metadata: { name: 'web' }, spec: structuredClone(spec) } as Service
  prepareServiceForUpdate(service, { metadata: { name: 'web' }, spec: old } as Service)
  return service.spec
}

describe('a client that does not send allocated values back', () => {
  test('keeps the cluster IP', () => {
    expect(updated(clusterIp, { type: 'ClusterIP' })).toMatchObject({ clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1'] })
  })
  test('keeps node ports by name', () => {
    const ports = [
      { name: 'b', port: 81 },
      { name: 'a', port: 80 },
      { name: 'c', port: 82 },
    ]
    expect(updated(nodePort, { type: 'NodePort', ports }).ports?.map(port => port.nodePort)).toEqual([
      30081,
      30080,
      undefined,
    ])
  })
  test('does not get a node port that it gave to another port', () => {
    const ports = [
      { name: 'c', port: 82, nodePort: 30080 },
      { name: 'a', port: 80 },
    ]
    expect(updated(nodePort, { type: 'NodePort', ports }).ports?.map(port => port.nodePort)).toEqual([30080, undefined])
  })
  test('keeps the health check port', () => {
    expect(updated(balanced, { type: 'LoadBalancer', externalTrafficPolicy: 'Local' }).healthCheckNodePort).toBe(30200)
  })
})

describe('a change of type', () => {
  test('from NodePort to ClusterIP drops node ports', () => {
    expect(updated(nodePort, { ...nodePort, type: 'ClusterIP' }).ports?.some(port => port.nodePort)).toBe(false)
  })
  test('to ExternalName drops cluster IPs', () => {
    const spec = updated(clusterIp, { ...clusterIp, type: 'ExternalName', externalName: 'a.b' })
    expect(spec).toEqual({ type: 'ExternalName', externalName: 'a.b' })
  })
  test('from LoadBalancer drops what only that has', () => {
    const spec = updated(balanced, { ...balanced, type: 'ClusterIP' })
    expect(spec).not.toHaveProperty('healthCheckNodePort')
    expect(spec).not.toHaveProperty('allocateLoadBalancerNodePorts')
    expect(spec).not.toHaveProperty('externalTrafficPolicy')
  })
  test('never drops what the client changed itself', () => {
    const spec = updated(clusterIp, { type: 'ExternalName', externalName: 'a.b', clusterIP: '10.0.0.9' })
    expect(spec.clusterIP).toBe('10.0.0.9')
  })
})

describe('clusterIPs follow clusterIP', () => {
  test.each<[string, ServiceSpec, ServiceSpec | undefined, string[] | undefined]>([
    ['at creation', { clusterIP: '10.0.0.2' }, undefined, ['10.0.0.2']],
    ['when it changes alone', { clusterIP: '10.0.0.2', clusterIPs: ['10.0.0.1'] }, clusterIp, ['10.0.0.2']],
    ['when it is cleared alone', { clusterIPs: ['10.0.0.1'] }, clusterIp, undefined],
    ['when only it is sent', { clusterIP: '10.0.0.1' }, clusterIp, ['10.0.0.1']],
    ['not when both change', { clusterIP: '10.0.0.2', clusterIPs: ['10.0.0.3'] }, clusterIp, ['10.0.0.3']],
  ])('%s', (_, spec, old, wanted) => {
    normalizeClusterIps(spec, old)
    expect(spec.clusterIPs).toEqual(wanted)
  })
})
