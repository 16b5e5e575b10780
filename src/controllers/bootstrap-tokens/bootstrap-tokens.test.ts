import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { configMap as configMapKind, secret as secretKind } from '../../apis/core-v1/index.js'
import { isReason } from '../../machinery/status-error.js'
import { startTestCluster, type TestCluster } from '../testing/cluster.js'
import { detachedSignature } from './signer.js'

let cluster: TestCluster
beforeAll(async () => {
  cluster = await startTestCluster()
  await cluster.admin.create(configMapKind, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace: 'kube-public', name: 'cluster-info' },
    data: { kubeconfig: 'content' },
  })
})
afterAll(() => cluster.stop())

const encode = (text: string) => Buffer.from(text).toString('base64')
const create = (id: string, more: Record<string, string>) =>
  cluster.admin.create(secretKind, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace: 'kube-system', name: `bootstrap-token-${id}` },
    type: 'bootstrap.kubernetes.io/token',
    data: Object.fromEntries(
      Object.entries({ 'token-id': id, 'token-secret': 'secret', 'usage-bootstrap-signing': 'true', ...more }).map(
        ([key, value]) => [key, encode(value)],
      ),
    ),
  })
const signatures = async () => {
  const { data = {} } = await cluster.admin.get(configMapKind, { namespace: 'kube-public', name: 'cluster-info' })
  return Object.keys(data)
    .filter(key => key !== 'kubeconfig')
    .map(key => key.replace('jws-kubeconfig-', ''))
}
const isGone = (id: string) =>
  cluster.admin.get(secretKind, { namespace: 'kube-system', name: `bootstrap-token-${id}` }).then(
    () => false,
    error => isReason(error, 'NotFound'),
  )

test('cluster-info is signed by tokens for signing, as long as they are there', async () => {
  await create('aaaaaa', {})
  await create('bbbbbb', { 'usage-bootstrap-signing': 'false' })
  await cluster.until('it is signed', async () => (await signatures()).length > 0)
  expect(await signatures()).toEqual(['aaaaaa'])
  await cluster.admin.delete(secretKind, { namespace: 'kube-system', name: 'bootstrap-token-aaaaaa' })
  await cluster.until('the signature is gone', async () => (await signatures()).length === 0)
})

test('a token is deleted when its time has come', async () => {
  await create('cccccc', { expiration: new Date(cluster.clock.now() + 5_000).toISOString() })
  await cluster.until('it is signed', async () => (await signatures()).includes('cccccc'))
  expect(await isGone('cccccc')).toBe(false)
  await cluster.run(6_000)
  await cluster.until('it is gone', () => isGone('cccccc'))
  await cluster.until('the signature is gone', async () => !(await signatures()).includes('cccccc'))
})

// As upstream's own test has it.
const hello = 'Hello from the other side. I must have called a thousand times.'
test('a signature is a JSON Web Signature without its content', () => {
  expect(detachedSignature(hello, { id: 'joshua', secret: 'my voice is my passcode' })).toBe(
    'eyJhbGciOiJIUzI1NiIsImtpZCI6Impvc2h1YSJ9..VShe2taLd-YTrmWuRkcL_8QTNDHYxQIEBsAYYiIj1_8',
  )
})
