/** Namespaces, what each is given, and who may do what. */
import { certificateSigningRequest } from '../../../../src/apis/certificates-v1/index.js'
import { configMap, namespace, pod, secret, serviceAccount } from '../../../../src/apis/core-v1/index.js'
import { clusterRole } from '../../../../src/apis/rbac-v1/index.js'
import { playKubelet, type TestCluster } from '../../../../src/controllers/testing/cluster.js'
import { newAuthority } from '../../../../src/machinery/pki/certificates.js'
import { encodeRequest, newCertificateRequest } from '../../../../src/machinery/testing/new-certificate-request.js'
import { container, create, find, list, named, prepare, type Scenario, untilGone, untilIs } from '../scenario.js'

const encode = (text: string) => Buffer.from(text).toString('base64')
const authority = newAuthority('test-ca', Date.UTC(2025, 0, 1), 3650)
const hour = 3_600_000

async function approve({ admin }: TestCluster, name: string): Promise<void> {
  const request = await admin.get(certificateSigningRequest, { name })
  const conditions = [{ type: 'Approved', status: 'True', reason: 'Test' }]
  await admin.updateSubresource(certificateSigningRequest, { ...request, status: { conditions } }, 'approval')
}

export const accounts: readonly Scenario[] = [
  {
    name: 'Namespace gets what it needs, and is emptied',
    accounts: ['namespace-controller', 'service-account-controller', 'root-ca-cert-publisher'],
    async play(cluster) {
      await prepare(cluster)
      const shop = { name: 'shop' }
      const inShop = (name: string) => ({ namespace: 'shop', name })
      await create(cluster, namespace, 'shop', { spec: {} })
      const given = () =>
        cluster.until('account and CA', async () =>
          Boolean(
            (await find(cluster, serviceAccount, inShop('default'))) &&
              (await find(cluster, configMap, inShop('kube-root-ca.crt'))),
          ),
        )
      await given()
      await cluster.admin.delete(configMap, inShop('kube-root-ca.crt'))
      await cluster.admin.delete(serviceAccount, inShop('default'))
      await given()
      await create(cluster, pod, 'web', { metadata: { namespace: 'shop' }, spec: { containers: [container()] } })
      await create(cluster, secret, 's', { metadata: { namespace: 'shop' } })
      await playKubelet(cluster)
      await cluster.admin.delete(namespace, shop)
      await untilGone(cluster, namespace, shop)
    },
  },
  {
    name: 'Secret is filled with a token, and goes with its account',
    accounts: ['kube-controller-manager', 'serviceaccount_tokens-controller'],
    async play(cluster) {
      await prepare(cluster)
      await create(cluster, serviceAccount, 'robot', {})
      await create(cluster, secret, 'token', {
        metadata: { annotations: { 'kubernetes.io/service-account.name': 'robot' } },
        type: 'kubernetes.io/service-account-token',
      })
      await untilIs(cluster, [secret, named('token')], ({ data }) => data?.token)
      await cluster.admin.delete(serviceAccount, named('robot'))
      await untilGone(cluster, secret, named('token'))
    },
  },
  {
    name: 'Certificate is issued, and its request forgotten',
    accounts: ['certificate-controller'],
    options: () => ({ authority }),
    async play(cluster) {
      await prepare(cluster)
      const ask = async (name: string, subject: string, spec: object) =>
        create(cluster, certificateSigningRequest, name, {
          spec: { request: encodeRequest(await newCertificateRequest({ subject })), ...spec },
        })
      const issued = (name: string) =>
        untilIs(cluster, [certificateSigningRequest, { name }], ({ status }) => status?.certificate)
      await ask('jane', 'CN=jane', { signerName: 'kubernetes.io/kube-apiserver-client', usages: ['client auth'] })
      await approve(cluster, 'jane')
      await issued('jane')
      await ask('node', 'CN=system:node:one, O=system:nodes', {
        signerName: 'kubernetes.io/kube-apiserver-client-kubelet',
        usages: ['digital signature', 'client auth'],
      })
      await issued('node')
      await cluster.run(2 * hour)
      await cluster.until('no request', async () => (await list(cluster, certificateSigningRequest)).length === 0)
    },
  },
  {
    name: 'Bootstrap token signs and ends',
    accounts: ['bootstrap-signer', 'token-cleaner'],
    async play(cluster) {
      const info = { namespace: 'kube-public', name: 'cluster-info' }
      const token = { namespace: 'kube-system', name: 'bootstrap-token-aaaaaa' }
      const signed = async () => 'jws-kubeconfig-aaaaaa' in ((await cluster.admin.get(configMap, info)).data ?? {})
      await create(cluster, configMap, info.name, { metadata: info, data: { kubeconfig: 'content' } })
      const expiration = new Date(cluster.clock.now() + 30_000).toISOString()
      const data = { 'token-id': 'aaaaaa', 'token-secret': 'secret', 'usage-bootstrap-signing': 'true', expiration }
      await create(cluster, secret, token.name, {
        metadata: token,
        type: 'bootstrap.kubernetes.io/token',
        data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, encode(value)])),
      })
      await cluster.until('it is signed', signed)
      await cluster.run(31_000)
      await untilGone(cluster, secret, token)
      await cluster.until('it is no longer signed', async () => !(await signed()))
    },
  },
  {
    name: 'ClusterRole gathers rules',
    accounts: ['clusterrole-aggregation-controller'],
    async play(cluster) {
      const rules = (...resources: string[]) => [{ apiGroups: [''], resources, verbs: ['get'] }]
      const part = { metadata: { name: 'part', labels: { part: 'yes' } }, rules: rules('pods') }
      await create(cluster, clusterRole, 'part', part)
      await create(cluster, clusterRole, 'all', {
        aggregationRule: { clusterRoleSelectors: [{ matchLabels: { part: 'yes' } }] },
      })
      await untilIs(cluster, [clusterRole, { name: 'all' }], role => role.rules?.length === 1)
      await create(cluster, clusterRole, 'more', {
        ...part,
        metadata: { name: 'more', labels: { part: 'yes' } },
        rules: rules('nodes'),
      })
      await untilIs(cluster, [clusterRole, { name: 'all' }], role => role.rules?.length === 2)
    },
  },
]
