/**
 * Stock kube-controller-manager and kube-scheduler v1.34.4 in the place of ours, speaking protobuf. Nodes stay ours, with simulated
 * containers. MINIK8S_STOCK_BIN names the directory of the programs; without them the tests are skipped.
 */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { TestCluster } from './harness/cluster.js'
import { testControlPlane } from './harness/control-plane-tests.js'
import { eventually } from './harness/run.js'
import { StockComponent, stockProgram } from './harness/stock.js'
import { describeWith, type Tool } from './harness/tool.js'

const programs = ['kube-controller-manager', 'kube-scheduler']
const missing = programs.filter(name => !stockProgram(name))
const tool: Tool = missing.length
  ? { missing: `MINIK8S_STOCK_BIN names no directory with ${missing.join(', ')}` }
  : { program: programs[0]! }

/** What they log of a stock API server as well, when they are put through the same. */
const expectedComplaints = [
  // Two wrote the same object; the controller tries again.
  /the object has been modified; please apply your changes to the latest version/,
  // A pod that the garbage collector was about to delete was gone already.
  /garbagecollector\.go:\d+\] "Unhandled Error" err="error syncing item .* not found/,
  // A pod was turned down before the filters, for a claim that is not there; the plugin for devices then misses what it would have noted.
  /"Status after running PostFilter plugins for pod".*status="not found"/,
]

describeWith('stock control plane', tool, () => {
  const cluster = new TestCluster({ runtime: 'sim', flags: ['--controllers', 'none', '--scheduler', 'false'] })
  const running: StockComponent[] = []
  const kubectl = (...args: string[]) => cluster.kubectl(...args)
  const jsonpath = (path: string, ...args: string[]) => kubectl('get', ...args, '-o', `jsonpath=${path}`)
  const holder = (lease: string) => jsonpath('{.spec.holderIdentity}', 'lease', '-n', 'kube-system', lease)

  function start(name: string, flags: Record<string, string> = {}): StockComponent {
    const { kubeconfig } = cluster
    const common = {
      kubeconfig,
      'authentication-kubeconfig': kubeconfig,
      'authorization-kubeconfig': kubeconfig,
      'kube-api-content-type': 'application/vnd.kubernetes.protobuf',
      'secure-port': '0',
      'leader-elect-lease-duration': '3s',
      'leader-elect-renew-deadline': '2s',
      'leader-elect-retry-period': '500ms',
    }
    const component = new StockComponent(name, { ...common, ...flags }, cluster.dataDir)
    running.push(component)
    return component
  }

  const startControllerManager = () => {
    const pki = (file: string) => join(cluster.dataDir, 'pki', file)
    return start('kube-controller-manager', {
      'service-account-private-key-file': pki('sa.key'),
      'root-ca-file': pki('ca.crt'),
      'cluster-signing-cert-file': pki('ca.crt'),
      'cluster-signing-key-file': pki('ca.key'),
      'use-service-account-credentials': 'true',
    })
  }

  beforeAll(async () => {
    await cluster.start()
    startControllerManager()
    start('kube-scheduler')
  })
  afterAll(async () => {
    await Promise.all(running.map(component => component.stop()))
    await cluster[Symbol.asyncDispose]()
  })

  testControlPlane({ kubectl, apply: yaml => cluster.apply(yaml) })

  test('a second scheduler takes over from the first', async () => {
    const first = running[1]!
    const before = await holder('kube-scheduler')
    start('kube-scheduler')
    await first.stop()
    await eventually('a new holder', async () => !['', before].includes(await holder('kube-scheduler')))
    await kubectl('run', 'later', '--image=nginx:1.27')
    await kubectl('wait', '--for=condition=Ready', 'pod/later', '--timeout=60s')
  })

  test('they complain of nothing', () => {
    // The one that was stopped says that it lost its lease.
    const complaints = running.filter(c => c !== running[1]).flatMap(c => c.complaints())
    expect(complaints.filter(text => !expectedComplaints.some(e => e.test(text)))).toEqual([])
  })
})
