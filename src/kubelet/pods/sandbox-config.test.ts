import { expect, test } from '@jest/globals'
import { sandboxConfig } from './sandbox-config.js'

const configOf = (annotations: Record<string, string>, hostNetwork = false) =>
  sandboxConfig({
    pod: {
      metadata: { name: 'web', namespace: 'shop', uid: 'u-1', annotations },
      spec: { containers: [], hostNetwork },
    },
    attempt: 0,
    clusterDomain: 'cluster.local',
    nodeName: 'node-2',
  })

test.each([
  ['of its own', false, 'web'],
  ['of the node', true, 'node-2'],
])('on a network %s, %j, a pod is called %s', (_, hostNetwork, hostname) => {
  expect(configOf({}, hostNetwork).hostname).toBe(hostname)
})

test.each([
  [
    { ingress: '10M', egress: '1k' },
    { ingress: 10_000_000, egress: 1000 },
  ],
  [{ egress: '1Mi' }, { egress: 1_048_576 }],
  [{ ingress: 'fast' }, undefined],
  [{}, undefined],
])('bandwidth of annotations %j is %j', (annotated, bandwidth) => {
  const entries = Object.entries(annotated).map(([direction, rate]) => [`kubernetes.io/${direction}-bandwidth`, rate])
  expect(configOf(Object.fromEntries(entries)).bandwidth).toEqual(bandwidth)
})
