/**
 * Stock kube-controller-manager and kube-scheduler v1.34.4 in the place of ours, speaking protobuf. Nodes stay ours, with simulated
 * containers. MINIK8S_STOCK_BIN names the directory of the programs; without them the tests are skipped.
 */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { TestCluster } from './harness/cluster.js'
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

const workloads = `
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: db }
spec:
  serviceName: db
  replicas: 2
  selector: { matchLabels: { app: db } }
  template: { metadata: { labels: { app: db } }, spec: { containers: [{ name: c, image: "nginx:1.27" }] } }
---
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: agent }
spec:
  selector: { matchLabels: { app: agent } }
  template: { metadata: { labels: { app: agent } }, spec: { containers: [{ name: c, image: "nginx:1.27" }] } }
---
apiVersion: v1
kind: Service
metadata: { name: db }
spec: { selector: { app: db }, ports: [{ port: 80 }] }
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: db }
spec: { minAvailable: 1, selector: { matchLabels: { app: db } } }
---
apiVersion: v1
kind: ResourceQuota
metadata: { name: share }
spec: { hard: { pods: "30", count/configmaps: "5" } }
---
apiVersion: v1
kind: PersistentVolume
metadata: { name: disk }
spec: { capacity: { storage: 1Gi }, accessModes: [ReadWriteOnce], hostPath: { path: /tmp/minik8s-disk }, storageClassName: "" }
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: data }
spec: { accessModes: [ReadWriteOnce], storageClassName: "", resources: { requests: { storage: 1Gi } } }
`

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

  test('both are elected, by leases', async () => {
    for (const name of programs) expect(await eventually(`lease of ${name}`, () => holder(name))).not.toBe('')
    await eventually('the default service account', () => jsonpath('{.metadata.uid}', 'sa', 'default'))
  })

  test('a deployment rolls out, is scaled, changed and rolled back', async () => {
    await kubectl('create', 'deployment', 'web', '--image=nginx:1.26', '--replicas=3')
    await kubectl('rollout', 'status', 'deploy/web', '--timeout=60s')
    await kubectl('scale', 'deploy/web', '--replicas=5')
    await kubectl('set', 'image', 'deploy/web', 'nginx=nginx:1.27')
    await kubectl('rollout', 'status', 'deploy/web', '--timeout=60s')
    expect(await kubectl('rollout', 'history', 'deploy/web')).toMatch(/\n1 .*\n2 /)
    await kubectl('rollout', 'undo', 'deploy/web')
    await kubectl('rollout', 'status', 'deploy/web', '--timeout=60s')
    const images = await jsonpath('{.items[*].spec.containers[0].image}', 'pods', '-l', 'app=web')
    expect(images.split(' ')).toEqual(Array(5).fill('nginx:1.26'))
  })

  test('other controllers do their work', async () => {
    await cluster.apply(workloads)
    await kubectl('rollout', 'status', 'sts/db', '--timeout=60s')
    await kubectl('rollout', 'status', 'ds/agent', '--timeout=60s')
    await kubectl('wait', '--for=jsonpath={.status.phase}=Bound', 'pvc/data', '--timeout=60s')
    await kubectl('wait', '--for=jsonpath={.status.currentHealthy}=2', 'pdb/db', '--timeout=60s')
    await kubectl('wait', '--for=jsonpath={.status.used.pods}=8', 'quota/share', '--timeout=60s')
    await eventually('two endpoints', async () => {
      const slices = ['endpointslices', '-l', 'kubernetes.io/service-name=db']
      const addresses = await jsonpath('{.items[*].endpoints[*].addresses[0]}', ...slices)
      return addresses.split(' ').length === 2
    })
  })

  test('who is gone takes what it owned along: deployments and namespaces', async () => {
    await kubectl('delete', 'deploy', 'web', '--cascade=foreground', '--timeout=60s')
    expect(await kubectl('get', 'rs,pods', '-l', 'app=web', '-o', 'name')).toBe('')
    await kubectl('create', 'namespace', 'gone')
    await kubectl('-n', 'gone', 'create', 'deployment', 'x', '--image=nginx:1.27')
    await kubectl('-n', 'gone', 'rollout', 'status', 'deploy/x', '--timeout=60s')
    await kubectl('delete', 'namespace', 'gone', '--timeout=90s')
  })

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
