/** However a cluster ends, the machine is as it was before: links, addresses, routes, rules, settings, files. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { readIpv6Addresses } from '../../src/kubelet/network/ipv6-addresses.js'
import { joinHostPort } from '../../src/machinery/host-port.js'
import { program, TestCluster } from './harness/cluster.js'
import { changes, clusterIdOf, readHostState } from './harness/host-state.js'
import { eventually, fetchAnew, output } from './harness/run.js'

/** Where the program would put what does not belong into its data directory. */
const home = mkdtempSync(join(tmpdir(), 'minik8s-home-'))
const env = { HOME: home, TMPDIR: home, XDG_CACHE_HOME: join(home, 'cache'), XDG_CONFIG_HOME: join(home, 'config') }
const flags: string[] = []
const cluster = new TestCluster({ env, flags })
afterAll(async () => {
  await cluster[Symbol.asyncDispose]()
  rmSync(home, { recursive: true, force: true })
})

/** Services of each sort, a port of the host, a policy, volumes. */
const workload = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 0
      containers:
        - name: web
          image: busybox:1.36
          command: [sh, -c, 'echo ok > /data/i; httpd -f -p 8080 -h /data']
          ports: [{ containerPort: 8080, hostPort: 18199 }]
          volumeMounts: [{ name: data, mountPath: /data }]
      volumes: [{ name: data, emptyDir: { medium: Memory } }]
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  type: LoadBalancer
  ipFamilyPolicy: PreferDualStack
  selector: { app: web }
  sessionAffinity: ClientIP
  externalTrafficPolicy: Local
  ports: [{ name: tcp, port: 8080 }, { name: udp, port: 8080, protocol: UDP }]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: web }
spec: { podSelector: { matchLabels: { app: web } }, ingress: [{ from: [{ podSelector: {} }] }] }
`

/** Where this machine speaks IPv6, pods have two addresses, and services lead to both. */
const ranges = (await readIpv6Addresses()).length ? '10.96.0.0/16,fd00:96::/112' : '10.96.0.0/16'

async function startWithWork(serviceProxy: string): Promise<void> {
  flags.splice(0, flags.length, '--service-proxy', serviceProxy, '--service-cluster-ip-range', ranges)
  await cluster.start()
  await cluster.apply(workload)
  const families = ranges.split(',').length
  const addresses = await eventually('addresses', async () => {
    const text = await cluster.kubectl('get', 'service', 'web', '-o', 'jsonpath={.status.loadBalancer.ingress[*].ip}')
    const ips = text.split(/\s+/).filter(Boolean)
    return ips.length === families && ips
  })
  for (const address of addresses) {
    const url = `http://${joinHostPort(address, 8080)}/i`
    await eventually(`${url} answers`, async () => (await fetchAnew(url)).ok)
  }
}

test.each([
  ['minik8s down', undefined, 'auto'],
  ['Ctrl-C, then down', 'SIGINT', 'auto'],
  ['kill -9, then down', 'SIGKILL', 'auto'],
  ['kill -9 with rules of iptables, then down', 'SIGKILL', 'iptables'],
] as const)('after %s the machine is as before', async (_, signal, serviceProxy) => {
  const before = await readHostState()
  await startWithWork(serviceProxy)
  const id = clusterIdOf(cluster.dataDir)
  const during = changes(before, await readHostState(id)).join('\n')
  expect(during).toContain(serviceProxy === 'iptables' ? `-j mk8s-${id}-pre` : `minik8s-${id}`)
  expect(during).toMatch(/^links \+ br-/m)
  if (signal) await cluster.stop(signal)
  await output(process.execPath, [program, 'down', '--data-dir', cluster.dataDir])
  await cluster.stop()
  // Docker takes the last links away a moment later.
  await eventually(
    'nothing is left',
    async () => {
      const left = changes(before, await readHostState(id))
      if (left.length) throw new Error(left.join('\n'))
      return true
    },
    15_000,
  )
  expect(readdirSync(home)).toEqual([])
})
