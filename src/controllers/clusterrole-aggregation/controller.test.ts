import { expect, test } from '@jest/globals'
import type { ClusterRole } from '../../apis/generated/rbac-v1.js'
import { clusterRole as roleKind } from '../../apis/rbac-v1/index.js'
import { startTestCluster } from '../testing/cluster.js'

test('a role gathers the rules of those it selects, and follows them', async () => {
  const cluster = await startTestCluster()
  const { admin } = cluster
  const rule = (resource: string) => ({ apiGroups: [''], resources: [resource], verbs: ['get'] })
  const newRole = (name: string, extra: Partial<ClusterRole>) =>
    admin.create<ClusterRole>(roleKind, {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name, labels: name === 'all' ? {} : { part: 'yes' } },
      rules: [],
      ...extra,
    })
  const resources = async () => (await admin.get(roleKind, { name: 'all' })).rules?.flatMap(r => r.resources ?? [])
  await newRole('b', { rules: [rule('pods'), rule('secrets')] })
  await newRole('all', { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { part: 'yes' } }] } })
  await cluster.until('two rules', async () => (await resources())?.length === 2)
  await newRole('a', { rules: [rule('nodes'), rule('pods')] })
  await cluster.until('three rules', async () => (await resources())?.length === 3)
  expect(await resources()).toEqual(['nodes', 'pods', 'secrets'])
  await cluster.stop()
})

test('what a part gathers, the whole gathers too: view, edit, admin', async () => {
  const cluster = await startTestCluster()
  const { admin } = cluster
  const gathers = (label: string) => ({
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [label]: 'true' } }] },
  })
  const newRole = (name: string, labels: Record<string, string>, extra: Partial<ClusterRole>) => {
    const metadata = { name, labels }
    return admin.create<ClusterRole>(roleKind, { metadata, ...extra } as ClusterRole)
  }
  await newRole('top', {}, gathers('to-top'))
  await newRole('middle', { 'to-top': 'true' }, gathers('to-middle'))
  const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }]
  await newRole('bottom', { 'to-middle': 'true' }, { rules })
  await cluster.until('the rule at the top', async () => !!(await admin.get(roleKind, { name: 'top' })).rules?.length)
  expect((await admin.get(roleKind, { name: 'top' })).rules).toEqual(rules)
  await cluster.stop()
})
