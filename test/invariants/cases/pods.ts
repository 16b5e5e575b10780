/** Pods and what any object has. */
import { type Case, container, evicted, going, ownedBy, ready } from './case.js'

const budget = (fields: object) => ({ spec: { selector: { matchLabels: { app: 'web' } }, ...fields } })
const healthy = { metadata: { ...ownedBy('ReplicaSet', 'web'), labels: { app: 'web' } }, status: ready }

export const podCases: readonly Case[] = [
  {
    rule: 'one-controller',
    name: 'a pod with two controllers',
    breaks: 'Pod web is controlled by a and b',
    play(history) {
      const { ownerReferences } = ownedBy('Job', 'a')
      history.put('Pod', 'web', {
        metadata: { ownerReferences: [...ownerReferences, ...ownedBy('Job', 'b').ownerReferences] },
      })
    },
  },
  {
    rule: 'one-controller',
    name: 'a pod is taken from its controller',
    breaks: 'Pod web was taken from a by b',
    play(history) {
      history.put('Pod', 'web', { metadata: ownedBy('Job', 'a') })
      history.put('Pod', 'web', { metadata: ownedBy('Job', 'b') })
    },
  },
  {
    rule: 'one-controller',
    name: 'a pod is released, then adopted',
    play(history) {
      history.put('Pod', 'web', { metadata: ownedBy('ReplicaSet', 'a') })
      history.put('Pod', 'web', { metadata: { ownerReferences: [] } })
      history.put('Pod', 'web', { metadata: ownedBy('ReplicaSet', 'b') })
    },
  },
  {
    rule: 'node-name-once',
    name: 'a pod moves',
    breaks: 'pod web moved from one to two',
    play(history) {
      history.put('Pod', 'web', { spec: container({}, { nodeName: 'one' }) })
      history.put('Pod', 'web', { spec: { nodeName: 'two' } })
    },
  },
  {
    rule: 'node-name-once',
    name: 'another pod of the same name is elsewhere',
    play(history) {
      history.put('Pod', 'web', { spec: container({}, { nodeName: 'one' }) })
      history.remove('Pod', 'web')
      history.put('Pod', 'web', { spec: container({}, { nodeName: 'two' }) }, { uid: 'another' })
    },
  },
  {
    rule: 'terminal-phases',
    name: 'a pod comes back to life',
    breaks: 'pod web went from Failed to Running',
    play(history) {
      history.put('Pod', 'web', { status: { phase: 'Failed' } })
      history.put('Pod', 'web', { status: { phase: 'Running' } })
    },
  },
  {
    rule: 'terminal-phases',
    name: 'a pod that failed is said to have succeeded',
    breaks: 'pod web went from Failed to Succeeded',
    play(history) {
      history.put('Pod', 'web', { status: { phase: 'Failed' } })
      history.put('Pod', 'web', { status: { phase: 'Succeeded' } })
    },
  },
  {
    rule: 'generation',
    name: 'a status moves it',
    breaks: 'Job work moved to generation 2, and its spec did not change',
    play(history) {
      history.put('Job', 'work', { metadata: { generation: 1 } })
      history.put('Job', 'work', { metadata: { generation: 2 }, status: { active: 1 } })
    },
  },
  {
    rule: 'generation',
    name: 'a spec does not move it',
    breaks: 'Job work changed, and its generation stayed 1',
    play(history) {
      history.put('Job', 'work', { metadata: { generation: 1 } })
      history.put('Job', 'work', { spec: { suspend: true } })
    },
  },
  {
    rule: 'generation',
    name: 'it goes back',
    breaks: 'Job work went back from generation 2 to 1',
    play(history) {
      history.put('Job', 'work', { metadata: { generation: 2 } })
      history.put('Job', 'work', { metadata: { generation: 1 }, spec: { suspend: true } })
    },
  },
  {
    rule: 'generation',
    name: 'a spec and the beginning of a deletion move it, a Deployment’s annotations may; a binding does not',
    play(history) {
      history.put('Pod', 'web', { metadata: { generation: 1 }, spec: container() })
      history.put('Pod', 'web', { spec: { nodeName: 'one' } })
      history.put('Pod', 'web', { metadata: { generation: 2, ...going } })
      history.put('Deployment', 'web', { metadata: { generation: 1 } })
      history.put('Deployment', 'web', { metadata: { generation: 2, annotations: { a: 'b' } } })
      history.put('Deployment', 'web', { metadata: { annotations: { a: 'c' } } })
      history.put('Deployment', 'web', { metadata: { generation: 3 }, spec: { paused: true } })
    },
  },
  {
    rule: 'one-copy',
    name: 'containers of two pods of one name',
    breaks: 'default/db-0 runs twice: old on one, new on two',
    play({ observer }) {
      observer.observeContainers('one', [{ namespace: 'default', name: 'db-0', uid: 'old' }])
      observer.observeContainers('two', [{ namespace: 'default', name: 'db-0', uid: 'new' }])
    },
  },
  {
    rule: 'one-copy',
    name: 'containers of one pod on two nodes',
    breaks: 'default/db-0 runs twice: same on one, same on two',
    play({ observer }) {
      observer.observeContainers('one', [{ namespace: 'default', name: 'db-0', uid: 'same' }])
      observer.observeContainers('two', [{ namespace: 'default', name: 'db-0', uid: 'same' }])
    },
  },
  {
    rule: 'one-copy',
    name: 'one after the other, several of one pod',
    play({ observer }) {
      const old = { namespace: 'default', name: 'db-0', uid: 'old' }
      observer.observeContainers('one', [old, old])
      observer.observeContainers('one', [])
      observer.observeContainers('two', [{ ...old, uid: 'new' }])
    },
  },
  ...[{ minAvailable: 2 }, { maxUnavailable: 1 }, { maxUnavailable: '33%' }, { minAvailable: '60%' }].map(
    (fields): Case => ({
      rule: 'disruption-budget',
      name: `a second eviction below ${JSON.stringify(fields)}`,
      breaks: 'web-2 was evicted, which leaves 1 of the 2 that web needs',
      play(history) {
        history.put('ReplicaSet', 'web', { spec: { replicas: 3 } })
        history.put('PodDisruptionBudget', 'web', budget(fields))
        for (const name of ['web-1', 'web-2', 'web-3']) history.put('Pod', name, healthy)
        history.later()
        history.put('Pod', 'web-1', { metadata: going, status: evicted() })
        history.put('Pod', 'web-2', { metadata: going, status: evicted() })
      },
    }),
  ),
  {
    rule: 'disruption-budget',
    name: 'one eviction, one pod that is not ready, one that a taint drives out',
    play(history) {
      history.put('ReplicaSet', 'web', { spec: { replicas: 4 } })
      history.put('PodDisruptionBudget', 'web', budget({ minAvailable: 2 }))
      for (const name of ['web-1', 'web-2', 'web-3']) history.put('Pod', name, healthy)
      history.put('Pod', 'web-4', { metadata: healthy.metadata })
      history.later()
      history.put('Pod', 'web-1', { metadata: going, status: evicted() })
      history.put('Pod', 'web-4', { metadata: going, status: { conditions: evicted().conditions.slice(1) } })
      history.put('Pod', 'web-2', { metadata: going, status: evicted('DeletionByTaintManager') })
    },
  },
  {
    rule: 'disruption-budget',
    name: 'another pod falls ill at that moment',
    play(history) {
      history.put('ReplicaSet', 'web', { spec: { replicas: 3 } })
      history.put('PodDisruptionBudget', 'web', budget({ minAvailable: 2 }))
      for (const name of ['web-1', 'web-2', 'web-3']) history.put('Pod', name, healthy)
      history.later()
      history.put('Pod', 'web-3', { status: { conditions: [] } })
      history.atOnce()
      history.put('Pod', 'web-1', { metadata: going, status: evicted() })
    },
  },
]
