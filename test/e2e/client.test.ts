/** The official JavaScript client against a real cluster. */
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import * as k8s from '@kubernetes/client-node'
import { TestCluster } from './harness/cluster.js'
import { eventually } from './harness/run.js'

const cluster = new TestCluster()
const config = new k8s.KubeConfig()
let core: k8s.CoreV1Api

beforeAll(async () => {
  await cluster.start()
  config.loadFromFile(cluster.kubeconfig)
  core = config.makeApiClient(k8s.CoreV1Api)
})
afterAll(() => cluster[Symbol.asyncDispose]())

const namespace = 'default'
const pod: k8s.V1Pod = {
  metadata: { name: 'talker', labels: { app: 'talker' } },
  spec: {
    terminationGracePeriodSeconds: 0,
    containers: [{ name: 'c', image: 'busybox:1.36', command: ['sh', '-c', 'echo one; echo two; exec sleep 100000'] }],
  },
}

test('an informer sees a pod come, run and go', async () => {
  const seen: string[] = []
  const informer = k8s.makeInformer(config, `/api/v1/namespaces/${namespace}/pods`, () =>
    core.listNamespacedPod({ namespace }),
  )
  informer.on('add', p => void seen.push(`add ${p.metadata?.name}`))
  informer.on('update', p => void seen.push(`update ${p.status?.phase}`))
  informer.on('delete', p => void seen.push(`delete ${p.metadata?.name}`))
  await informer.start()
  await core.createNamespacedPod({ namespace, body: pod })
  await eventually('the pod runs', async () => seen.includes('update Running'))
  expect(seen[0]).toBe('add talker')

  const patched = await core.patchNamespacedPod(
    { namespace, name: 'talker', body: { metadata: { labels: { colour: 'blue' } } } },
    k8s.setHeaderOptions('Content-Type', k8s.PatchStrategy.StrategicMergePatch),
  )
  expect(patched.metadata?.labels).toEqual({ app: 'talker', colour: 'blue' })
  expect((await core.listNamespacedPod({ namespace, labelSelector: 'colour=blue' })).items).toHaveLength(1)

  const text = await eventually('the log', async () => {
    const log = await core.readNamespacedPodLog({ namespace, name: 'talker' })
    return log.includes('two') && log
  })
  expect(text).toBe('one\ntwo\n')

  const stdout = new PassThrough()
  let said = ''
  stdout.on('data', d => (said += d))
  const status = await new Promise<k8s.V1Status>(resolve => {
    void new k8s.Exec(config).exec(
      namespace,
      'talker',
      'c',
      ['sh', '-c', 'echo out; exit 3'],
      stdout,
      null,
      null,
      false,
      resolve,
    )
  })
  expect(said).toBe('out\n')
  expect(status.details?.causes).toEqual([{ reason: 'ExitCode', message: '3' }])

  await core.deleteNamespacedPod({ namespace, name: 'talker' })
  await eventually('the pod is gone', async () => seen.includes('delete talker'))
  await informer.stop()
})

test('errors are Status objects with upstream words', async () => {
  const missing = await core.readNamespacedPod({ namespace, name: 'nobody' }).catch(e => e)
  expect(missing.code).toBe(404)
  expect(JSON.parse(missing.body)).toMatchObject({
    kind: 'Status',
    reason: 'NotFound',
    message: 'pods "nobody" not found',
    details: { name: 'nobody', kind: 'pods' },
  })
  const invalid = await core
    .createNamespacedPod({ namespace, body: { metadata: { name: 'Bad_Name' }, spec: { containers: [] } } })
    .catch(e => e)
  expect(invalid.code).toBe(422)
  expect(JSON.parse(invalid.body).details.causes.map((c: { field: string }) => c.field)).toEqual(
    expect.arrayContaining(['metadata.name', 'spec.containers']),
  )
})
