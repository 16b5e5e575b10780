/** Services and their endpoints, ranges of addresses. */
import { endpoints, pod, service } from '../../../../src/apis/core-v1/index.js'
import { endpointSlice } from '../../../../src/apis/discovery-v1/index.js'
import { serviceCidr } from '../../../../src/apis/networking-v1/index.js'
import { playKubelet } from '../../../../src/controllers/testing/cluster.js'
import { container, create, list, merge, named, prepare, type Scenario, untilGone, untilIs } from '../scenario.js'

export const network: readonly Scenario[] = [
  {
    name: 'Service gains and loses endpoints',
    accounts: ['endpointslice-controller', 'endpoint-controller'],
    async play(cluster) {
      await prepare(cluster)
      const addresses = (count: number) =>
        cluster.until(`${count} endpoints`, async () => {
          await playKubelet(cluster)
          const slices = await list(cluster, endpointSlice)
          const old = await cluster.admin.get(endpoints, named('web')).catch(() => undefined)
          const ready = slices
            .filter(s => s.metadata.labels?.['kubernetes.io/service-name'] === 'web')
            .flatMap(s => s.endpoints ?? [])
            .filter(e => e.conditions?.ready)
          return ready.length === count && (old?.subsets?.[0]?.addresses ?? []).length === count
        })
      await create(cluster, service, 'web', { spec: { selector: { app: 'web' }, ports: [{ port: 80 }] } })
      for (const name of ['a', 'b', 'c'])
        await create(cluster, pod, name, { metadata: { labels: { app: 'web' } }, spec: { containers: [container()] } })
      await addresses(3)
      await cluster.admin.delete(pod, named('a'))
      await addresses(2)
      await cluster.admin.delete(service, named('web'))
      await untilGone(cluster, endpoints, named('web'))
    },
  },
  {
    name: 'Endpoints are mirrored',
    accounts: ['endpointslicemirroring-controller'],
    async play(cluster) {
      const mirrored = (address: string) =>
        cluster.until(`mirror of ${address}`, async () =>
          (await list(cluster, endpointSlice)).some(s => s.endpoints?.some(e => e.addresses.includes(address))),
        )
      const subsets = (ip: string) => ({ subsets: [{ addresses: [{ ip }], ports: [{ port: 80 }] }] })
      await create(cluster, service, 'external', { spec: { ports: [{ port: 80 }] } })
      await create(cluster, endpoints, 'external', subsets('172.16.0.1'))
      await mirrored('172.16.0.1')
      await merge(cluster, endpoints, named('external'), subsets('172.16.0.2'))
      await mirrored('172.16.0.2')
      await cluster.admin.delete(endpoints, named('external'))
      await cluster.until('no mirror', async () =>
        (await list(cluster, endpointSlice)).every(
          s => s.metadata.labels?.['kubernetes.io/service-name'] !== 'external',
        ),
      )
    },
  },
  {
    name: 'ServiceCIDR becomes ready and goes',
    accounts: ['service-cidrs-controller'],
    async play(cluster) {
      const more = { name: 'more' }
      await create(cluster, serviceCidr, 'more', { spec: { cidrs: ['10.97.0.0/24'] } })
      await untilIs(cluster, [serviceCidr, more], ({ status }) => status?.conditions?.[0]?.status === 'True')
      await cluster.admin.delete(serviceCidr, more)
      await untilGone(cluster, serviceCidr, more)
    },
  },
]
