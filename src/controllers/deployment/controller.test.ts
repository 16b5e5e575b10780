import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { deployment as deploymentKind, replicaSet as replicaSetKind } from '../../apis/apps-v1/index.js'
import { pod as podKind } from '../../apis/core-v1/index.js'
import type { Deployment, ReplicaSet } from '../../apis/generated/apps-v1.js'
import type { Pod } from '../../apis/generated/core-v1.js'
import { addNode, playKubelet, startTestCluster, type TestCluster } from '../testing/cluster.js'

const key = { namespace: 'default', name: 'web' }
const newDeployment = (image: string, spec: Partial<Deployment['spec']> = {}): Deployment => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { ...key },
  spec: {
    replicas: 3,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image }] } },
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    ...spec,
  },
})

let cluster: TestCluster
beforeEach(async () => {
  cluster = await startTestCluster()
  await addNode(cluster)
})
afterEach(() => cluster.stop())

const current = () => cluster.admin.get(deploymentKind, key)
const sets = async () => (await cluster.admin.list<ReplicaSet>(replicaSetKind, { namespace: 'default' })).items
const imageOf = (rs: ReplicaSet) => rs.spec.template.spec.containers[0]?.image
const condition = (d: Deployment, type: string) => d.status?.conditions?.find(c => c.type === type)

async function change(edit: (spec: Deployment['spec']) => void): Promise<void> {
  const object = structuredClone(await current())
  edit(object.spec)
  await cluster.admin.update(deploymentKind, object)
}

const settled = (image: string, replicas = 3) =>
  cluster.until(`${replicas} of ${image}`, async () => {
    await playKubelet(cluster)
    const { status, metadata } = await current()
    const running = (await sets()).filter(rs => (rs.status?.replicas ?? 0) > 0)
    return (
      status?.observedGeneration === metadata.generation &&
      status?.availableReplicas === replicas &&
      status?.updatedReplicas === replicas &&
      status?.replicas === replicas &&
      running.length === 1 &&
      running.every(rs => imageOf(rs) === image)
    )
  })

test('a Deployment rolls from one template to the next and back, never below what must be available', async () => {
  await cluster.admin.create(deploymentKind, newDeployment('one'))
  await settled('one')
  expect(await cluster.events('web')).toEqual([expect.stringMatching(/^Scaled up replica set web-\w+ from 0 to 3$/)])
  const first = await current()
  expect(first.metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('1')
  expect(condition(first, 'Progressing')).toMatchObject({ status: 'True', reason: 'NewReplicaSetAvailable' })

  await change(spec => Object.assign(spec.template.spec.containers[0] ?? {}, { image: 'two' }))
  await settled('two')
  expect((await current()).metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('2')
  expect(await sets()).toHaveLength(2)
  const [old] = (await sets()).filter(rs => imageOf(rs) === 'one')
  expect(old?.spec.replicas).toBe(0)

  await change(spec => Object.assign(spec.template.spec.containers[0] ?? {}, { image: 'one' }))
  await settled('one')
  const [again] = (await sets()).filter(rs => imageOf(rs) === 'one')
  expect(again?.metadata.annotations).toMatchObject({
    'deployment.kubernetes.io/revision': '3',
    'deployment.kubernetes.io/revision-history': '1',
  })
  expect(again?.metadata.uid).toBe(old?.metadata.uid)
})

test('a Deployment is scaled while it is paused, and rolls when it is resumed', async () => {
  await cluster.admin.create(deploymentKind, newDeployment('one'))
  await settled('one')
  await change(spec => {
    spec.paused = true
    spec.replicas = 5
    Object.assign(spec.template.spec.containers[0] ?? {}, { image: 'two' })
  })
  await cluster.until('five of the old', async () => {
    await playKubelet(cluster)
    return (await current()).status?.availableReplicas === 5
  })
  expect(await sets()).toHaveLength(1)
  expect(condition(await current(), 'Progressing')).toMatchObject({ status: 'Unknown', reason: 'DeploymentPaused' })
  await change(spec => {
    spec.paused = false
  })
  await settled('two', 5)
})

test('Recreate starts nothing new before the last old pod is gone', async () => {
  await cluster.admin.create(deploymentKind, newDeployment('one', { strategy: { type: 'Recreate' } }))
  await settled('one')
  await change(spec => Object.assign(spec.template.spec.containers[0] ?? {}, { image: 'two' }))
  await cluster.until('all old pods are going', async () => {
    const { items } = await cluster.admin.list<Pod>(podKind, { namespace: 'default' })
    return items.length === 3 && items.every(p => p.metadata.deletionTimestamp)
  })
  await cluster.run(2_000)
  expect(await sets()).toHaveLength(1)
  await settled('two')
})

test('a rollout without progress fails at its deadline', async () => {
  await cluster.admin.create(deploymentKind, newDeployment('one', { progressDeadlineSeconds: 30 }))
  await cluster.until('it progresses', async () => condition(await current(), 'Progressing')?.status === 'True')
  await cluster.run(32_000)
  expect(condition(await current(), 'Progressing')).toMatchObject({
    status: 'False',
    reason: 'ProgressDeadlineExceeded',
  })
})

test('history beyond the limit is cleaned up', async () => {
  await cluster.admin.create(deploymentKind, newDeployment('i0', { revisionHistoryLimit: 1 }))
  for (const image of ['i1', 'i2', 'i3']) {
    await change(spec => Object.assign(spec.template.spec.containers[0] ?? {}, { image }))
    await settled(image)
  }
  await cluster.until('one old revision', async () => (await sets()).length === 2)
})

test('the annotation of old clients takes a Deployment back, with the annotations it had', async () => {
  const annotate = (annotations: Record<string, string | null>) =>
    cluster.admin.patch(deploymentKind, key, {
      type: 'application/merge-patch+json',
      body: { metadata: { annotations } },
    })
  const annotationsOf = async () => (await current()).metadata.annotations ?? {}
  const asked = 'deprecated.deployment.rollback.to'
  const cause = 'kubernetes.io/change-cause'
  await cluster.admin.create(deploymentKind, newDeployment('one'))
  await annotate({ [cause]: 'create' })
  await settled('one')
  await change(spec => {
    spec.template.spec!.containers[0]!.image = 'two'
  })
  await annotate({ [cause]: 'change' })
  await settled('two')
  await annotate({ [asked]: '0' })
  await settled('one')
  expect(await annotationsOf()).toMatchObject({ [cause]: 'create', 'deployment.kubernetes.io/revision': '3' })
  for (const revision of ['3', '77']) {
    await annotate({ [asked]: revision })
    await cluster.until('it is answered', async () => !(asked in (await annotationsOf())))
  }
  expect(await cluster.events('web')).toEqual(
    expect.arrayContaining([
      'Rolled back deployment "web" to revision 1',
      'The rollback revision contains the same template as current deployment "web"',
      'Unable to find the revision to rollback to.',
    ]),
  )
})
