import { X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { certificateSigningRequest } from '../../apis/certificates-v1/index.js'
import type { CertificateSigningRequest } from '../../apis/generated/certificates-v1.js'
import type { ClusterRoleBinding } from '../../apis/generated/rbac-v1.js'
import { clusterRoleBinding } from '../../apis/rbac-v1/index.js'
import { newAuthority } from '../../machinery/pki/certificates.js'
import { isReason } from '../../machinery/status-error.js'
import {
  encodeRequest,
  newCertificateRequest,
  type RequestOptions,
} from '../../machinery/testing/new-certificate-request.js'
import { startTestCluster, type TestCluster } from '../testing/cluster.js'

const authority = newAuthority('test-ca', Date.UTC(2025, 0, 1), 3650)
const [clientSigner, servingSigner, kubeletSigner] = [
  'kubernetes.io/kube-apiserver-client',
  'kubernetes.io/kubelet-serving',
  'kubernetes.io/kube-apiserver-client-kubelet',
]
const asKubelet = ['digital signature', 'client auth']

let cluster: TestCluster
beforeAll(async () => {
  cluster = await startTestCluster({ authority })
})
afterAll(() => cluster.stop())

const get = (name: string) => cluster.admin.get<CertificateSigningRequest>(certificateSigningRequest, { name })
const isGone = (name: string) =>
  get(name).then(
    () => false,
    error => isReason(error, 'NotFound'),
  )

async function ask(name: string, options: RequestOptions, spec: { signerName: string; usages: string[] } & object) {
  const request = encodeRequest(await newCertificateRequest(options))
  await cluster.admin.create<CertificateSigningRequest>(certificateSigningRequest, {
    kind: 'CertificateSigningRequest',
    apiVersion: 'certificates.k8s.io/v1',
    metadata: { name },
    spec: { request, ...spec },
  })
}

async function decide(name: string, type: 'Approved' | 'Denied') {
  const conditions = [{ type, status: 'True', reason: 'Test' }]
  await cluster.admin.updateSubresource(
    certificateSigningRequest,
    { ...(await get(name)), status: { conditions } },
    'approval',
  )
}

const issued = async (name: string) => {
  await cluster.until(`${name} has its certificate`, async () => !!(await get(name)).status?.certificate)
  return new X509Certificate(Buffer.from((await get(name)).status!.certificate!, 'base64'))
}

test('an approved request gets a certificate of the cluster, for as long as it asked', async () => {
  await ask('jane', { subject: 'CN=jane, O=dev' }, {
    signerName: clientSigner,
    usages: ['client auth'],
    expirationSeconds: 3600,
  } as never)
  await cluster.run(1_000)
  expect((await get('jane')).status).toEqual({})
  await decide('jane', 'Approved')
  const certificate = await issued('jane')
  expect(certificate.verify(new X509Certificate(authority.certificate).publicKey)).toBe(true)
  expect(certificate.toLegacyObject().subject).toMatchObject({ CN: 'jane', O: 'dev' })
  const life = Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)
  expect(life).toBe((3600 + 300) * 1000)
})

test('a request with the wrong usages fails and says why', async () => {
  await ask('odd', { subject: 'CN=odd' }, { signerName: clientSigner, usages: ['server auth'] })
  await decide('odd', 'Approved')
  await cluster.until('it has failed', async () => (await get('odd')).status?.conditions?.length === 2)
  expect((await get('odd')).status?.conditions?.[1]).toMatchObject({
    type: 'Failed',
    reason: 'SignerValidationFailure',
    message: 'invalid usage for client certificate: server auth',
  })
})

test('a denied request gets nothing, and neither does one to a signer of others', async () => {
  await ask('denied', { subject: 'CN=x' }, { signerName: clientSigner, usages: ['client auth'] })
  await decide('denied', 'Denied')
  await ask('theirs', { subject: 'CN=x' }, { signerName: 'example.com/signer', usages: ['client auth'] })
  await decide('theirs', 'Approved')
  await cluster.run(2_000)
  expect((await get('denied')).status?.certificate).toBeUndefined()
  expect((await get('theirs')).status?.certificate).toBeUndefined()
})

test("a kubelet's serving certificate carries its names", async () => {
  const options = { subject: 'O=system:nodes, CN=system:node:n1', dnsNames: ['n1'], ipAddresses: ['10.0.0.1'] }
  await ask('serving', options, { signerName: servingSigner, usages: ['digital signature', 'server auth'] })
  await decide('serving', 'Approved')
  expect((await issued('serving')).subjectAltName).toBe('DNS:n1, IP Address:10.0.0.1')
})

test("a kubelet's client certificate is approved for those who may ask for one", async () => {
  const options = { subject: 'O=system:nodes, CN=system:node:n1' }
  await cluster.admin.create<ClusterRoleBinding>(clusterRoleBinding, {
    kind: 'ClusterRoleBinding',
    apiVersion: 'rbac.authorization.k8s.io/v1',
    metadata: { name: 'nodeclients' },
    subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'provisioner' }],
    roleRef: {
      apiGroup: 'rbac.authorization.k8s.io',
      kind: 'ClusterRole',
      name: 'system:certificates.k8s.io:certificatesigningrequests:nodeclient',
    },
  })
  await ask('node', options, { signerName: kubeletSigner, usages: asKubelet })
  const certificate = await issued('node')
  expect(certificate.toLegacyObject().subject).toMatchObject({ CN: 'system:node:n1', O: 'system:nodes' })
  expect((await get('node')).status?.conditions?.[0]).toMatchObject({ type: 'Approved', reason: 'AutoApproved' })
})

test('requests go an hour after they were answered, and a day after they were not', async () => {
  await ask('forgotten', { subject: 'CN=x' }, { signerName: clientSigner, usages: ['client auth'] })
  await cluster.run(3_500_000)
  expect(await isGone('jane')).toBe(false)
  await cluster.run(200_000)
  expect(await Promise.all(['jane', 'odd', 'denied', 'serving', 'node'].map(isGone))).toEqual(Array(5).fill(true))
  // Approved, but nobody issued a certificate.
  expect(await isGone('theirs')).toBe(false)
  expect(await isGone('forgotten')).toBe(false)
  await cluster.run(24 * 3_600_000)
  expect(await isGone('forgotten')).toBe(true)
  // A day of a whole cluster's timers.
}, 120_000)
