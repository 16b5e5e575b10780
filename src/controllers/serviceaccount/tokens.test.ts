import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { secret as secretKind, serviceAccount as serviceAccountKind } from '../../apis/core-v1/index.js'
import type { Secret, ServiceAccount } from '../../apis/generated/core-v1.js'
import { isReason } from '../../machinery/status-error.js'
import { startTestCluster, type TestCluster } from '../testing/cluster.js'

let cluster: TestCluster
beforeAll(async () => {
  cluster = await startTestCluster()
  await cluster.until('the account default is there', () =>
    cluster.admin.get(serviceAccountKind, { namespace: 'default', name: 'default' }).then(
      () => true,
      () => false,
    ),
  )
})
afterAll(() => cluster.stop())

const namespace = 'default'
const get = (name: string) => cluster.admin.get<Secret & { metadata: object }>(secretKind, { namespace, name })
const isGone = (name: string) =>
  get(name).then(
    () => false,
    error => isReason(error, 'NotFound'),
  )
const create = (name: string, account: string) =>
  cluster.admin.create(secretKind, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace, annotations: { 'kubernetes.io/service-account.name': account } },
    type: 'kubernetes.io/service-account-token',
  })
const createAccount = (name: string, more: object = {}) =>
  cluster.admin.create(serviceAccountKind, {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace },
    ...more,
  }) as Promise<ServiceAccount>

const decode = (text = '') => Buffer.from(text, 'base64').toString()

test('a secret is filled with the token of its account', async () => {
  const account = await createAccount('robot')
  await create('robot-token', 'robot')
  await cluster.until('the secret is filled', async () => !!(await get('robot-token')).data?.token)
  const { data = {}, metadata } = await get('robot-token')
  expect(decode(data['ca.crt'])).toBe('PEM')
  expect(decode(data.namespace)).toBe('default')
  expect(JSON.parse(decode(decode(data.token).split('.')[1]))).toMatchObject({
    iss: 'kubernetes/serviceaccount',
    'kubernetes.io/serviceaccount/secret.name': 'robot-token',
    sub: 'system:serviceaccount:default:robot',
  })
  expect(metadata?.annotations?.['kubernetes.io/service-account.uid']).toBe(account.metadata?.uid)
})

test('it goes with its account', async () => {
  await createAccount('leaver')
  await create('leaver-token', 'leaver')
  await cluster.until('the secret is filled', async () => !!(await get('leaver-token')).data?.token)
  await cluster.admin.delete(serviceAccountKind, { namespace, name: 'leaver' })
  await cluster.until('the secret is gone', () => isGone('leaver-token'))
})

test('one of an account that is not there is deleted', async () => {
  await create('nobody-token', 'nobody')
  await cluster.until('the secret is gone', () => isGone('nobody-token'))
})

test('an account no longer lists a secret that is gone', async () => {
  await createAccount('lister', { secrets: [{ name: 'listed' }, { name: 'other' }] })
  await create('listed', 'lister')
  await cluster.until('the secret is filled', async () => !!(await get('listed')).data?.token)
  await cluster.admin.delete(secretKind, { namespace, name: 'listed' })
  const secrets = async () =>
    (
      await cluster.admin.get<ServiceAccount & { metadata: object }>(serviceAccountKind, {
        namespace,
        name: 'lister',
      })
    ).secrets
  await cluster.until('the list is shorter', async () => (await secrets())?.length === 1)
  expect(await secrets()).toEqual([{ name: 'other' }])
})
