/** What controllers make of pods. */
import { type Case, evicted, going, type History, ownedBy, ready } from './case.js'

const desired = (count: number) => ({
  annotations: { 'deployment.kubernetes.io/desired-replicas': `${count}` },
  ...ownedBy('Deployment', 'web'),
})
const index = (of: string) => ({
  metadata: { ...ownedBy('Job', 'work'), annotations: { 'batch.kubernetes.io/job-completion-index': of } },
})
const rolling = (more: object = {}) => ({
  spec: { replicas: 4, strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } }, ...more },
})
const sized = (replicas: number, availableReplicas = replicas) => ({
  metadata: desired(4),
  spec: { replicas },
  status: { availableReplicas },
})
const over = { conditions: [{ type: 'Complete', status: 'True' }] }
const ordinals = (history: History, names: readonly string[]) => {
  for (const name of names) history.put('Pod', name, { metadata: ownedBy('StatefulSet', 'db'), status: ready })
}
const jobPod = { metadata: ownedBy('Job', 'work') }

export const controllerCases: readonly Case[] = [
  {
    rule: 'pods-made',
    name: 'one more than replicas',
    breaks: 'ReplicaSet web of 1 made pod b, number 2',
    play(history) {
      history.put('ReplicaSet', 'web', { spec: { replicas: 1 } })
      for (const name of ['a', 'b']) history.put('Pod', name, { metadata: ownedBy('ReplicaSet', 'web') })
    },
  },
  {
    rule: 'pods-made',
    name: 'in place of one that goes or has ended, one that is adopted, one for a size of a moment ago',
    play(history) {
      history.put('ReplicaSet', 'web', { spec: { replicas: 2 } })
      const owned = { metadata: ownedBy('ReplicaSet', 'web') }
      for (const name of ['a', 'b']) history.put('Pod', name, owned)
      history.put('Pod', 'a', { metadata: going })
      history.put('Pod', 'b', { status: { phase: 'Failed' } })
      for (const name of ['c', 'd']) history.put('Pod', name, owned)
      history.put('Pod', 'stray')
      history.put('Pod', 'stray', owned)
      history.remove('Pod', 'stray')
      history.put('Pod', 'd', { status: { phase: 'Failed' } })
      history.put('ReplicaSet', 'web', { spec: { replicas: 1 } })
      history.atOnce()
      history.put('Pod', 'e', owned)
    },
  },
  {
    rule: 'deployment-bounds',
    name: 'more than maxSurge',
    breaks: 'web asks for 6 pods, at most 5 are allowed',
    play(history) {
      history.put('Deployment', 'web', rolling())
      history.put('ReplicaSet', 'old', sized(4))
      history.later()
      history.put('ReplicaSet', 'new', sized(2, 0))
    },
  },
  {
    rule: 'deployment-bounds',
    name: 'fewer than maxUnavailable leaves',
    breaks: 'web leaves 2 of its 4 available pods, at least 3 are needed',
    play(history) {
      history.put('Deployment', 'web', rolling())
      history.put('ReplicaSet', 'old', sized(4))
      history.put('ReplicaSet', 'new', sized(1, 0))
      history.later()
      history.put('ReplicaSet', 'old', sized(2, 4))
    },
  },
  {
    rule: 'deployment-bounds',
    name: 'old pods are still there when it recreates',
    breaks: 'new begins beside pods of the old old: a',
    play(history) {
      history.put('Deployment', 'web', { spec: { replicas: 1, strategy: { type: 'Recreate' } } })
      history.put('ReplicaSet', 'old', sized(1))
      history.put('Pod', 'a', { metadata: { ...ownedBy('ReplicaSet', 'old') } })
      history.put('ReplicaSet', 'old', sized(0))
      history.put('Pod', 'a', { metadata: going })
      history.put('ReplicaSet', 'new', sized(1))
    },
  },
  {
    rule: 'deployment-bounds',
    name: 'a roll-out within bounds, pods that never became ready, and a user who scales',
    play(history) {
      history.put('Deployment', 'web', rolling())
      history.put('ReplicaSet', 'old', sized(4))
      history.later()
      history.put('ReplicaSet', 'new', sized(1, 0))
      history.put('ReplicaSet', 'old', sized(3, 4))
      history.put('ReplicaSet', 'new', sized(2, 0))
      history.put('ReplicaSet', 'old', { status: { availableReplicas: 2 } })
      history.later()
      history.put('ReplicaSet', 'old', { spec: { replicas: 2 } })
      history.put('Deployment', 'web', rolling({ replicas: 2 }))
      history.put('ReplicaSet', 'old', { metadata: desired(2), spec: { replicas: 1 } })
    },
  },
  {
    rule: 'one-a-place',
    name: 'an index twice',
    breaks: 'a and b at once: index 0 of Job work',
    play(history) {
      history.put('Pod', 'a', index('0'))
      history.put('Pod', 'b', index('0'))
    },
  },
  {
    rule: 'one-a-place',
    name: 'a node twice',
    breaks: 'a and b at once: node one of DaemonSet agent',
    play(history) {
      history.put('DaemonSet', 'agent')
      history.put('Pod', 'a', { metadata: ownedBy('DaemonSet', 'agent'), spec: { nodeName: 'one' } })
      history.put('Pod', 'b', { metadata: ownedBy('DaemonSet', 'agent'), spec: { nodeName: 'one' } })
    },
  },
  {
    rule: 'one-a-place',
    name: 'an ordinal twice, the first being on its way out',
    breaks: 'db-0 and db-0 at once: ordinal 0 of StatefulSet db',
    play(history) {
      ordinals(history, ['db-0'])
      history.put('Pod', 'db-0', { metadata: going })
      history.put('Pod', 'db-0', { metadata: ownedBy('StatefulSet', 'db') }, { uid: 'second' })
    },
  },
  {
    rule: 'one-a-place',
    name: 'places taken again, another node, a surge, one that was taken over',
    play(history) {
      history.put('Pod', 'stray', { metadata: { annotations: index('1').metadata.annotations } })
      history.put('Pod', 'stray', index('1'))
      history.put('Pod', 'a', index('0'))
      history.put('Pod', 'a', { status: { phase: 'Failed' } })
      history.put('Pod', 'b', index('0'))
      history.put('Pod', 'c', index('1'))
      history.put('DaemonSet', 'agent', { spec: { updateStrategy: { rollingUpdate: { maxSurge: 1 } } } })
      for (const name of ['d', 'e'])
        history.put('Pod', name, { metadata: ownedBy('DaemonSet', 'agent'), spec: { nodeName: 'one' } })
    },
  },
  {
    rule: 'stateful-set-order',
    name: 'the second before the first is ready',
    breaks: 'db-1 was made before ordinal 0 was ready',
    play(history) {
      history.put('StatefulSet', 'db', { spec: { replicas: 2 } })
      history.put('Pod', 'db-0', { metadata: ownedBy('StatefulSet', 'db') })
      history.put('Pod', 'db-1', { metadata: ownedBy('StatefulSet', 'db') })
    },
  },
  {
    rule: 'stateful-set-order',
    name: 'the last but one goes first',
    breaks: 'db-1 goes before db-2',
    play(history) {
      history.put('StatefulSet', 'db', { spec: { replicas: 3 } })
      ordinals(history, ['db-0', 'db-1', 'db-2'])
      history.put('StatefulSet', 'db', { spec: { replicas: 1 } })
      history.later()
      history.put('Pod', 'db-1', { metadata: going })
    },
  },
  {
    rule: 'stateful-set-order',
    name: 'in order, with a start of its own; parallel; a pod that is evicted; one that fell ill, or came, a moment ago',
    play(history) {
      history.put('StatefulSet', 'late', { spec: { replicas: 3 } })
      for (const name of ['late-0', 'late-1', 'late-2'])
        history.put('Pod', name, { metadata: ownedBy('StatefulSet', 'late'), status: ready })
      history.put('StatefulSet', 'late', { spec: { replicas: 1 } })
      history.put('Pod', 'late-1', { metadata: going })
      history.put('StatefulSet', 'db', { spec: { replicas: 3, ordinals: { start: 5 } } })
      ordinals(history, ['db-5', 'db-6'])
      history.later()
      history.put('Pod', 'db-6', { status: { conditions: [] } })
      history.atOnce()
      history.put('Pod', 'db-7', { metadata: ownedBy('StatefulSet', 'db') })
      history.put('StatefulSet', 'db', { spec: { replicas: 1 } })
      history.later()
      history.put('Pod', 'db-6', { metadata: going, status: evicted() })
      history.put('Pod', 'db-7', { metadata: going })
      history.put('StatefulSet', 'all', { spec: { replicas: 2, podManagementPolicy: 'Parallel' } })
      history.put('Pod', 'all-1', { metadata: ownedBy('StatefulSet', 'all') })
    },
  },
  {
    rule: 'job-bounds',
    name: 'more than parallelism',
    breaks: 'Job work made pod b: 2 are live, its parallelism is 1',
    play(history) {
      history.put('Job', 'work', { spec: { parallelism: 1, completions: 5 } })
      for (const name of ['a', 'b']) history.put('Pod', name, jobPod)
    },
  },
  {
    rule: 'job-bounds',
    name: 'more than is left to do',
    breaks: 'Job work made pod b: 1 have succeeded and 1 are live, it wants 1',
    play(history) {
      history.put('Job', 'work', { spec: { parallelism: 1, completions: 1 } })
      history.put('Pod', 'a', { ...jobPod, status: { phase: 'Succeeded' } })
      history.remove('Pod', 'a')
      history.later()
      history.put('Pod', 'b', jobPod)
    },
  },
  ...(
    [
      ['it has finished', { status: over }],
      ['it is suspended', { spec: { suspend: true } }],
    ] as const
  ).map(
    ([reason, fields]): Case => ({
      rule: 'job-bounds',
      name: `a pod though ${reason}`,
      breaks: `Job work made pod a: ${reason}`,
      play(history) {
        history.put('Job', 'work', fields)
        history.later()
        history.put('Pod', 'a', jobPod)
      },
    }),
  ),
  {
    rule: 'job-bounds',
    name: 'a pod that ends well while it is being deleted, an index that two pods complete',
    play(history) {
      history.put('Job', 'work', { spec: { parallelism: 1, completions: 2 } })
      history.put('Pod', 'a', { metadata: { ...jobPod.metadata, ...going } })
      for (const name of ['a', 'b']) history.put('Pod', name, { ...jobPod, status: { phase: 'Succeeded' } })
      history.put('Pod', 'c', jobPod)
      history.put('Job', 'parts', { spec: { parallelism: 1, completions: 2 } })
      const part = (of: string) => ({ metadata: { ...index(of).metadata, ...ownedBy('Job', 'parts') } })
      for (const name of ['d', 'e']) history.put('Pod', name, { ...part('0'), status: { phase: 'Succeeded' } })
      history.put('Pod', 'f', part('1'))
    },
  },
  {
    rule: 'job-bounds',
    name: 'its end is taken back',
    breaks: 'Job work is no longer Complete',
    play(history) {
      history.put('Job', 'work', { status: over })
      history.put('Job', 'work', { status: { conditions: [] } })
    },
  },
  {
    rule: 'job-bounds',
    name: 'a pod that waits for another to be gone, and does not',
    breaks: 'Job slow made pod b: 2 are live, its parallelism is 1',
    play(history) {
      for (const [name, policy] of [
        ['work', 'TerminatingOrFailed'],
        ['slow', 'Failed'],
      ] as const) {
        history.put('Job', name, { spec: { parallelism: 1, podReplacementPolicy: policy } })
        const owned = { metadata: ownedBy('Job', name) }
        history.put('Pod', 'a', owned, { uid: `a of ${name}` })
        history.put('Pod', 'a', { metadata: going }, { uid: `a of ${name}` })
        history.put('Pod', 'b', owned, { uid: `b of ${name}` })
      }
    },
  },
  {
    rule: 'settled-status',
    name: 'a pod too few',
    breaks: 'ReplicaSet web has 0 pods, not 1',
    play(history) {
      history.put('ReplicaSet', 'web', { spec: { replicas: 1 } })
    },
  },
  {
    rule: 'settled-status',
    name: 'a status that is behind',
    breaks: 'the status of StatefulSet db says readyReplicas 0, not 1',
    play(history) {
      history.put('StatefulSet', 'db', { spec: { replicas: 1 }, status: { replicas: 1, availableReplicas: 1 } })
      ordinals(history, ['db-0'])
    },
  },
  {
    rule: 'settled-status',
    name: 'a DaemonSet that waits',
    breaks: 'the status of DaemonSet agent says desiredNumberScheduled 2, not 1',
    play(history) {
      history.put('DaemonSet', 'agent', {
        status: { desiredNumberScheduled: 2, currentNumberScheduled: 1, numberReady: 1 },
      })
      history.put('Pod', 'a', { metadata: ownedBy('DaemonSet', 'agent'), spec: { nodeName: 'one' }, status: ready })
    },
  },
  {
    rule: 'settled-status',
    name: 'a Job that is over and runs',
    breaks: 'Job work is over and 1 of its pods are active',
    play(history) {
      history.put('Pod', 'a', jobPod)
      history.put('Job', 'work', { status: { ...over, active: 1 } })
    },
  },
  {
    rule: 'settled-status',
    name: 'a Job that is over too early',
    breaks: 'Job work is complete with 1 of 2',
    play(history) {
      history.put('Job', 'work', { spec: { completions: 2 }, status: { ...over, succeeded: 1 } })
    },
  },
]
