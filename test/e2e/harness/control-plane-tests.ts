/** What must work whoever the control plane is made of: ours on a stock API server, stock on ours. Nodes are simulated. */
import { expect, test } from '@jest/globals'
import { eventually } from './run.js'

export interface ControlPlane {
  kubectl(...args: string[]): Promise<string>
  /** Applies YAML from memory. */
  apply(yaml: string): Promise<string>
}

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

/** Registers the tests, in their order. */
export function testControlPlane({ kubectl, apply }: ControlPlane): void {
  const jsonpath = (path: string, ...args: string[]) => kubectl('get', ...args, '-o', `jsonpath=${path}`)
  const holder = (lease: string) => jsonpath('{.spec.holderIdentity}', 'lease', '-n', 'kube-system', lease)

  test('both are elected, by leases', async () => {
    for (const name of ['kube-controller-manager', 'kube-scheduler'])
      expect(await eventually(`lease of ${name}`, () => holder(name))).not.toBe('')
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
    await apply(workloads)
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
}
