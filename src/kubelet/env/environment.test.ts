import { describe, expect, test } from '@jest/globals'
import type { ConfigMap, Container, Secret, Service } from '../../apis/generated/core-v1.js'
import { notFound } from '../../machinery/status-error.js'
import { container, newPod } from '../testing/pods.js'
import { type EnvironmentContext, environmentNeedsPodIP, environmentOf } from './environment.js'
import { expandVariables } from './expand.js'

const service = (name: string, namespace: string, clusterIP: string): Service => ({
  metadata: { name, namespace },
  spec: { clusterIP, ports: [{ name: 'http', port: 80, protocol: 'TCP' }] },
})

const configMap: ConfigMap = { metadata: { name: 'conf' }, data: { color: 'red', size: 'xl' } }
const secret: Secret = { metadata: { name: 'keys' }, data: { token: Buffer.from('t0p').toString('base64') } }

async function only<T extends { metadata: { name?: string } }>(object: T, kind: string, name: string): Promise<T> {
  if (object.metadata.name === name) return object
  throw notFound({ group: '', names: { plural: kind, singular: kind } }, name)
}

async function environment(over: Partial<Container>, links = true): Promise<Record<string, string>> {
  const pod = newPod({ containers: [container('app', over)], enableServiceLinks: links, serviceAccountName: 'sa' })
  pod.metadata.labels = { tier: 'back' }
  const context: EnvironmentContext = {
    pod,
    nodeName: 'node-1',
    hostIPs: ['192.0.2.1'],
    podIPs: ['10.0.0.7'],
    allocatable: { cpu: '4', memory: '8Gi' },
    services: [
      service('kubernetes', 'default', '10.96.0.1'),
      service('my-db', 'shop', '10.96.0.9'),
      service('other', 'else', '10.96.0.8'),
    ],
    config: {
      configMap: (_, name) => only(configMap, 'configmap', name),
      secret: (_, name) => only(secret, 'secret', name),
    },
  }
  return Object.fromEntries((await environmentOf(pod.spec.containers[0]!, context)).map(v => [v.name, v.value]))
}

describe('environmentOf', () => {
  test('expands what was declared before, and leaves what is unknown', async () => {
    const env = [
      { name: 'A', value: '1' },
      { name: 'B', value: '$(A)+$(C) $$(A) $(MY_DB_SERVICE_HOST)' },
      { name: 'C', value: '3' },
    ]
    expect(await environment({ env })).toMatchObject({ A: '1', B: '1+$(C) $(A) 10.96.0.9', C: '3' })
  })

  test('takes fields of the pod and resources of its containers', async () => {
    const env = [
      { name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'TIER', valueFrom: { fieldRef: { fieldPath: "metadata.labels['tier']" } } },
      { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
      { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'requests.cpu' } } },
      { name: 'CPU_M', valueFrom: { resourceFieldRef: { resource: 'requests.cpu', divisor: '1m' } } },
      { name: 'MEM', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Gi' } } },
    ]
    const found = await environment({ env, resources: { requests: { cpu: '1500m' } } })
    expect(found).toMatchObject({ NAME: 'web', TIER: 'back', IP: '10.0.0.7', CPU: '2', CPU_M: '1500', MEM: '8' })
  })

  test('lets env override envFrom, with prefixes', async () => {
    const envFrom = [{ prefix: 'C_', configMapRef: { name: 'conf' } }, { secretRef: { name: 'keys' } }]
    const env = [{ name: 'C_size', value: 's' }]
    expect(await environment({ envFrom, env })).toMatchObject({ C_color: 'red', C_size: 's', token: 't0p' })
  })

  test('tells of services in the namespace, and always of the master', async () => {
    const all = await environment({})
    expect(all).toMatchObject({
      MY_DB_SERVICE_HOST: '10.96.0.9',
      MY_DB_SERVICE_PORT: '80',
      MY_DB_SERVICE_PORT_HTTP: '80',
      MY_DB_PORT: 'tcp://10.96.0.9:80',
      MY_DB_PORT_80_TCP: 'tcp://10.96.0.9:80',
      MY_DB_PORT_80_TCP_PROTO: 'tcp',
      MY_DB_PORT_80_TCP_PORT: '80',
      MY_DB_PORT_80_TCP_ADDR: '10.96.0.9',
      KUBERNETES_SERVICE_HOST: '10.96.0.1',
    })
    expect(all).not.toHaveProperty('OTHER_SERVICE_HOST')
    expect(Object.keys(await environment({}, false)).every(name => name.startsWith('KUBERNETES_'))).toBe(true)
  })

  test.each([
    ['a missing object', { configMapKeyRef: { name: 'none', key: 'a' } }, 'configmap "none" not found'],
    ['a missing key', { configMapKeyRef: { name: 'conf', key: 'a' } }, "couldn't find key a in ConfigMap shop/conf"],
    [
      'a missing key of a secret',
      { secretKeyRef: { name: 'keys', key: 'a' } },
      "couldn't find key a in Secret shop/keys",
    ],
  ])('refuses %s, unless it is optional', async (_, valueFrom, message) => {
    await expect(environment({ env: [{ name: 'X', valueFrom }] })).rejects.toThrow(message)
    const optional = Object.fromEntries(Object.entries(valueFrom).map(([k, ref]) => [k, { ...ref, optional: true }]))
    expect(await environment({ env: [{ name: 'X', valueFrom: optional }] })).not.toHaveProperty('X')
  })

  test('says when it needs the address of the sandbox', () => {
    const fieldRef = (fieldPath: string) => ({ env: [{ name: 'X', valueFrom: { fieldRef: { fieldPath } } }] })
    expect(environmentNeedsPodIP(container('app', fieldRef('status.podIPs')))).toBe(true)
    expect(environmentNeedsPodIP(container('app', fieldRef('status.hostIP')))).toBe(false)
  })
})

test.each([
  ['$(A)', '1'],
  ['$$(A)', '$(A)'],
  ['$(NONE)', '$(NONE)'],
  ['$A $', '$A $'],
  ['$$$(A)', '$1'],
  ['a$(A', 'a$(A'],
])('expandVariables turns %s into %s', (text, expected) => {
  expect(expandVariables(text, new Map([['A', '1']]))).toBe(expected)
})
