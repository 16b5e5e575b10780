import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { IPAddress, ServiceCIDR } from '../../apis/generated/networking-v1.js'
import { ipAddress, serviceCidr } from '../../apis/networking-v1/index.js'
import { startTestCluster, type TestCluster } from '../testing/cluster.js'

let cluster: TestCluster
beforeEach(async () => {
  cluster = await startTestCluster()
})
afterEach(() => cluster.stop())

const typed = (kind: string) => ({ kind, apiVersion: 'networking.k8s.io/v1' })
const newRange = (name: string, ...cidrs: string[]) =>
  cluster.admin.create<ServiceCIDR>(serviceCidr, { ...typed('ServiceCIDR'), metadata: { name }, spec: { cidrs } })
const range = async (name: string) =>
  (await cluster.admin.list(serviceCidr)).items.find(({ metadata }) => metadata.name === name)
const readiness = async (name: string) => {
  const found = await range(name)
  return found?.status?.conditions?.find(({ type }) => type === 'Ready')
}

test('a range becomes ready, and goes when nothing in it is taken', async () => {
  await newRange('more', '10.97.0.0/24')
  await cluster.until('it is ready', async () => (await readiness('more'))?.status === 'True')
  expect((await range('more'))?.metadata.finalizers).toEqual(['networking.k8s.io/service-cidr-finalizer'])
  await cluster.admin.delete(serviceCidr, { name: 'more' })
  await cluster.run(5_000)
  expect(await range('more')).toBeDefined()
  await cluster.until('it is gone', async () => !(await range('more')))
})

test('a range with an address that no other range holds stays', async () => {
  await newRange('more', '10.97.0.0/24')
  await cluster.until('it is ready', async () => (await readiness('more'))?.status === 'True')
  await cluster.admin.create<IPAddress>(ipAddress, {
    ...typed('IPAddress'),
    metadata: { name: '10.97.0.5', labels: { 'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io' } },
    spec: { parentRef: { resource: 'services', namespace: 'default', name: 'web' } },
  })
  await cluster.run(1_000)
  await cluster.admin.delete(serviceCidr, { name: 'more' })
  await cluster.until('it says why', async () => (await readiness('more'))?.reason === 'Terminating')
  await newRange('wider', '10.97.0.0/16')
  await cluster.until('it is gone', async () => !(await range('more')))
})
