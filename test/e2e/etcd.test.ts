/**
 * An etcd that passes from ours to a stock API server v1.34.4 and back, and through the store on disk, some of it encrypted: whoever
 * serves it shows the same objects, and nobody writes a secret in the clear. MINIK8S_STOCK_BIN names the directory of the programs; without them the test is skipped.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { EtcdServer } from '../contract/etcd-server.js'
import { program, TestCluster } from './harness/cluster.js'
import { output } from './harness/run.js'
import { StockServer, stockProgram } from './harness/stock.js'
import { describeWith, type Tool } from './harness/tool.js'

const missing = ['etcd', 'kube-apiserver'].filter(name => !stockProgram(name))
const tool: Tool = missing.length
  ? { missing: `MINIK8S_STOCK_BIN names no directory with ${missing.join(', ')}` }
  : { program: 'kube-apiserver' }

const types =
  'configmaps,secrets,services,deployments,cronjobs,horizontalpodautoscalers,poddisruptionbudgets,ingresses,networkpolicies,' +
  'events,replicationcontrollers,limitranges,resourceclaims,namespaces,nodes,persistentvolumes,volumeattributesclasses,' +
  'customresourcedefinitions,validatingadmissionpolicies'

/** What no file of any store may hold. */
const canary = 'canary-in-the-mine'
const inBase64 = Buffer.from(canary).toString('base64')

const secret = Buffer.alloc(32, 7).toString('base64')
const encryption = `
apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
- resources: [secrets]
  providers: [{ aescbc: { keys: [{ name: a, secret: ${secret} }] } }]
- resources: ['*.apps']
  providers: [{ secretbox: { keys: [{ name: a, secret: ${secret} }] } }]
- resources: ['*.example.com', '*.']
  providers: [{ aesgcm: { keys: [{ name: a, secret: ${secret} }] } }]
`

const objects = (suffix: string) => `
apiVersion: v1
kind: ConfigMap
metadata: { name: c${suffix} }
data: { text: "<a&b>\\u2028" }
binaryData: { bytes: AAEC }
---
apiVersion: v1
kind: Secret
metadata: { name: s${suffix} }
stringData: { key: ${canary} }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web${suffix} }
spec:
  replicas: 2
  selector: { matchLabels: { app: web${suffix} } }
  template:
    metadata: { labels: { app: web${suffix} } }
    spec: { containers: [{ name: c, image: "nginx:1.27", resources: { limits: { memory: 1500Mi, cpu: 0.5 } }, ports: [{ containerPort: 80 }] }] }
---
apiVersion: v1
kind: Service
metadata: { name: web${suffix} }
spec: { type: NodePort, selector: { app: web${suffix} }, ports: [{ port: 80, targetPort: http }] }
---
apiVersion: batch/v1
kind: CronJob
metadata: { name: j${suffix} }
spec: { schedule: "0 * * * *", jobTemplate: { spec: { template: { spec: { restartPolicy: Never, containers: [{ name: c, image: x }] } } } } }
---
apiVersion: autoscaling/v1
kind: HorizontalPodAutoscaler
metadata: { name: h${suffix} }
spec: { maxReplicas: 3, targetCPUUtilizationPercentage: 50, scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web${suffix} } }
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: p${suffix} }
spec: { minAvailable: 50%, selector: { matchLabels: { app: web } } }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: i${suffix} }
spec: { defaultBackend: { service: { name: web, port: { number: 80 } } } }
---
apiVersion: v1
kind: Event
metadata: { name: e${suffix} }
involvedObject: { kind: ConfigMap, name: c, namespace: moving }
reason: Moved
lastTimestamp: "2030-01-01T00:00:00Z"
---
apiVersion: resource.k8s.io/v1
kind: ResourceClaim
metadata: { name: r${suffix} }
spec: { devices: { requests: [{ name: r, exactly: { deviceClassName: d } }] } }
---
apiVersion: v1
kind: PersistentVolume
metadata: { name: pv${suffix} }
spec: { capacity: { storage: 1Gi }, accessModes: [ReadWriteOnce], hostPath: { path: /tmp } }
---
apiVersion: storage.k8s.io/v1
kind: VolumeAttributesClass
metadata: { name: v${suffix} }
driverName: x.example.com
parameters: { a: b }
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: things${suffix}.example.com }
spec:
  group: example.com
  scope: Namespaced
  names: { plural: things${suffix}, singular: thing${suffix}, kind: Thing${suffix.toUpperCase()} }
  versions:
    - name: v1
      served: true
      storage: true
      schema: { openAPIV3Schema: { type: object, properties: { spec: { type: object, properties: { z: { type: integer }, a: { type: string } } } } } }
      additionalPrinterColumns: [{ name: A, type: string, jsonPath: .spec.a }]
`

const thing = (suffix: string) => `
apiVersion: example.com/v1
kind: Thing${suffix.toUpperCase()}
metadata: { name: one }
spec: { z: 9007199254740993, a: b }
`

interface Kubectl {
  kubeconfig: string
}

const kubectl = ({ kubeconfig }: Kubectl, args: readonly string[], input?: string) =>
  output('kubectl', ['--kubeconfig', kubeconfig, '-n', 'moving', ...args], { ...(input && { input }) })

async function fill(server: Kubectl, suffix: string): Promise<void> {
  await kubectl(server, ['apply', '-f', '-'], objects(suffix))
  await kubectl(server, ['wait', '--for=condition=Established', `crd/things${suffix}.example.com`])
  await kubectl(server, ['create', '-f', '-'], thing(suffix))
}

/** All that was made, a line each. `revisions`: with resource versions. */
async function contents(server: Kubectl, kinds: string, revisions = true): Promise<string[]> {
  const text = await kubectl(server, ['get', kinds, '-o', 'json', '--show-managed-fields'])
  const { items } = JSON.parse(text) as {
    items: { kind: string; metadata: { name: string; resourceVersion?: string } }[]
  }
  for (const { metadata } of items) if (!revisions) delete metadata.resourceVersion
  return items.map(item => JSON.stringify(item, Object.keys(flatKeys(item)).sort())).sort()
}

/** Every name of a field at any depth: JSON.stringify then prints fields in one order. */
function flatKeys(value: unknown, found: Record<string, true> = {}): Record<string, true> {
  if (Array.isArray(value)) for (const item of value) flatKeys(item, found)
  else if (value && typeof value === 'object')
    for (const [key, inner] of Object.entries(value)) {
      found[key] = true
      flatKeys(inner, found)
    }
  return found
}

const filesBelow = (directory: string): string[] =>
  readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath ?? entry.path, entry.name))

describeWith('an etcd that passes from server to server', tool, () => {
  let etcd: EtcdServer
  const dataDir = mkdtempSync(join(tmpdir(), 'minik8s-migrate-'))
  const keys = join(dataDir, 'keys.yaml')
  const clusters: TestCluster[] = []
  const ours = async (storage: string) => {
    const server = ['--controllers', 'none', '--scheduler', 'false']
    const flags = ['--storage', storage, '--encryption-provider-config', keys, ...server]
    const cluster = new TestCluster({ runtime: 'none', flags })
    clusters.push(cluster)
    await cluster.start()
    return cluster
  }
  const migrate = (from: string, to: string) =>
    output(process.execPath, [
      ...[program, 'storage', 'migrate', '--data-dir', dataDir, '--encryption-provider-config', keys],
      ...['--from', from, '--to', to],
    ])

  beforeAll(async () => {
    writeFileSync(keys, encryption)
    etcd = await EtcdServer.start()
  })
  afterAll(async () => {
    for (const cluster of clusters) await cluster[Symbol.asyncDispose]()
    await etcd.stop()
    rmSync(dataDir, { recursive: true, force: true })
  })

  test('ours, stock, the disk, stock again: all show the same', async () => {
    const place = etcd.url.replace('http:', 'etcd:')
    const cluster = await ours(place)
    await cluster.kubectl('create', 'namespace', 'moving')
    await fill(cluster, 'a')
    const first = await contents(cluster, `${types},thingsa.example.com`)
    expect(first.length).toBeGreaterThan(18)
    await cluster.stop()

    await using stock = new StockServer({ etcd: etcd.url, encryption: keys })
    await stock.start()
    expect(await contents(stock, `${types},thingsa.example.com`)).toEqual(first)
    await fill(stock, 'b')
    await kubectl(stock, ['label', 'deployment/weba', 'passed=stock'])
    const second = await contents(stock, `${types},thingsa.example.com,thingsb.example.com`, false)

    expect(await migrate(place, 'file')).toMatch(/^copied \d+ objects/)
    const onDisk = await ours(`file:${join(dataDir, 'store')}`)
    expect(await contents(onDisk, `${types},thingsa.example.com,thingsb.example.com`, false)).toEqual(second)
    await onDisk.stop()

    expect(await migrate('file', `${place}/back`)).toMatch(/^copied \d+ objects/)
    await using again = new StockServer({ etcd: etcd.url, prefix: '/back/registry', encryption: keys })
    await again.start()
    expect(await contents(again, `${types},thingsa.example.com,thingsb.example.com`, false)).toEqual(second)
  }, 180_000)

  test('no file of a store holds what a secret says', () => {
    const files = [etcd.directory, join(dataDir, 'store')].flatMap(filesBelow)
    const holds = (text: string) => files.filter(file => readFileSync(file).includes(text))
    expect(files.length).toBeGreaterThan(2)
    expect([holds(canary), holds(inBase64)]).toEqual([[], []])
    expect(holds('k8s:enc:').length).toBeGreaterThan(1)
  })

  test('a store that holds something is not written over', async () => {
    await expect(migrate('file', etcd.url.replace('http:', 'etcd:'))).rejects.toThrow('it must be empty')
  })
})
