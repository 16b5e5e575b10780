/** Where pods are put. */
import { type Case, container, going, type History } from './case.js'

const node = (labels: Record<string, string> = {}, more: object = {}) => ({
  metadata: { labels },
  status: { allocatable: { cpu: '2', memory: '4Gi', pods: '3' } },
  ...more,
})
const bind = (history: History, name: string, nodeName: string, spec: object = container()) => {
  history.put('Pod', name, { spec })
  history.put('Pod', name, { spec: { nodeName } })
}
const asking = (requests: object) => container({ resources: { requests } })
const tainted = (effect: string) => ({ spec: { taints: [{ key: 'gpu', effect }] } })
const apart = (topologyKey: string) => ({
  affinity: {
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey, labelSelector: { matchLabels: { app: 'db' } } }],
    },
  },
})
const even = (more: object = {}) => ({
  topologySpreadConstraints: [
    {
      ...{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' },
      labelSelector: { matchLabels: { app: 'web' } },
      ...more,
    },
  ],
})
const labelled = (app: string) => ({ metadata: { labels: { app } } })
function bindLabelled(history: History, [name, app]: readonly [string, string], nodeName: string, spec: object): void {
  history.put('Pod', name, { ...labelled(app), spec: container({}, spec) })
  history.put('Pod', name, { spec: { nodeName } })
}

export const placementCases: readonly Case[] = [
  {
    rule: 'node-capacity',
    name: 'more CPU than there is',
    breaks: 'with pod b node one has 2500m cpu, more than it can allocate',
    play(history) {
      history.put('Node', 'one', node())
      bind(history, 'a', 'one', asking({ cpu: '1500m' }))
      bind(history, 'b', 'one', asking({ cpu: '1' }))
    },
  },
  {
    rule: 'node-capacity',
    name: 'more pods than there may be',
    breaks: 'with pod d node one has 4 pods, more than it can allocate',
    play(history) {
      history.put('Node', 'one', node())
      for (const name of ['a', 'b', 'c', 'd']) bind(history, name, 'one')
    },
  },
  {
    rule: 'node-capacity',
    name: 'beside one that is still going, not beside one that has ended',
    breaks: 'with pod c node one has 4 cpu, more than it can allocate',
    play(history) {
      history.put('Node', 'one', node())
      bind(history, 'a', 'one', asking({ cpu: '2' }))
      history.put('Pod', 'a', { status: { phase: 'Succeeded' } })
      bind(history, 'b', 'one', asking({ cpu: '2' }))
      history.put('Pod', 'b', { metadata: going })
      bind(history, 'c', 'one', asking({ cpu: '2' }))
    },
  },
  {
    rule: 'node-capacity',
    name: 'a node that shrinks afterwards, or a moment before',
    play(history) {
      history.put('Node', 'one', node())
      bind(history, 'a', 'one', asking({ cpu: '1' }))
      history.later()
      history.put('Node', 'one', { status: { allocatable: { cpu: '1', memory: '4Gi', pods: '3' } } })
      history.atOnce()
      bind(history, 'b', 'one', asking({ cpu: '1' }))
    },
  },
  {
    rule: 'host-ports',
    name: 'two pods with one port',
    breaks: 'pods b and a both have port 80 of one',
    play(history) {
      bind(history, 'a', 'one', container({ ports: [{ hostPort: 80 }] }))
      bind(history, 'b', 'one', container({ ports: [{ hostPort: 80, hostIP: '192.0.2.1' }] }))
    },
  },
  {
    rule: 'host-ports',
    name: 'other nodes, protocols, addresses, and pods that have ended',
    play(history) {
      bind(history, 'a', 'one', container({ ports: [{ hostPort: 80, hostIP: '192.0.2.1' }] }))
      bind(history, 'b', 'two', container({ ports: [{ hostPort: 80 }] }))
      bind(history, 'c', 'one', container({ ports: [{ hostPort: 80, protocol: 'UDP' }] }))
      bind(history, 'd', 'one', container({ ports: [{ hostPort: 80, hostIP: '192.0.2.2' }] }))
      history.put('Pod', 'a', { status: { phase: 'Failed' } })
      bind(history, 'e', 'one', container({ ports: [{ hostPort: 80, hostIP: '192.0.2.1' }] }))
    },
  },
  ...['NoSchedule', 'NoExecute'].map(
    (effect): Case => ({
      rule: 'taints',
      name: `a pod on a node with ${effect}`,
      breaks: `pod a was bound to one in spite of gpu:${effect}`,
      play(history) {
        history.put('Node', 'one', tainted(effect))
        history.later()
        bind(history, 'a', 'one')
      },
    }),
  ),
  {
    rule: 'taints',
    name: 'a pod on a node that is closed',
    breaks: 'pod a was bound to one in spite of node.kubernetes.io/unschedulable:NoSchedule',
    play(history) {
      history.put('Node', 'one', { spec: { unschedulable: true } })
      history.later()
      bind(history, 'a', 'one')
    },
  },
  {
    rule: 'taints',
    name: 'tolerated, preferred, or come a moment ago',
    play(history) {
      history.put('Node', 'one', tainted('NoSchedule'))
      history.put('Node', 'two', tainted('PreferNoSchedule'))
      history.put('Node', 'three')
      history.later()
      bind(history, 'a', 'one', container({}, { tolerations: [{ key: 'gpu', operator: 'Exists' }] }))
      bind(history, 'b', 'two')
      history.put('Node', 'three', tainted('NoSchedule'))
      history.atOnce()
      bind(history, 'c', 'three')
    },
  },
  {
    rule: 'anti-affinity',
    name: 'a pod beside one that it keeps away from',
    breaks: 'pod b was bound beside a (one, two)',
    play(history) {
      history.put('Node', 'one', node({ zone: 'x' }))
      history.put('Node', 'two', node({ zone: 'x' }))
      bindLabelled(history, ['a', 'db'], 'two', {})
      bindLabelled(history, ['b', 'web'], 'one', apart('zone'))
    },
  },
  {
    rule: 'anti-affinity',
    name: 'a pod beside one that keeps it away',
    breaks: 'pod b was bound beside a (one, one)',
    play(history) {
      history.put('Node', 'one', node({ zone: 'x' }))
      bindLabelled(history, ['a', 'web'], 'one', apart('zone'))
      bindLabelled(history, ['b', 'db'], 'one', {})
    },
  },
  {
    rule: 'anti-affinity',
    name: 'another zone, no zone, another namespace, one that has ended',
    play(history) {
      history.put('Node', 'one', node({ zone: 'x' }))
      history.put('Node', 'two', node({ zone: 'y' }))
      history.put('Node', 'three', node())
      bindLabelled(history, ['a', 'db'], 'two', {})
      bindLabelled(history, ['b', 'web'], 'one', apart('zone'))
      bindLabelled(history, ['c', 'web'], 'three', apart('zone'))
      history.put('Pod', 'b', { status: { phase: 'Succeeded' } })
      bindLabelled(history, ['d', 'db'], 'one', {})
      history.put('Pod', 'e', { metadata: { namespace: 'shop' }, spec: container({}, apart('zone')) })
      history.put('Pod', 'e', { spec: { nodeName: 'one' } })
    },
  },
  {
    rule: 'spread',
    name: 'two in one zone, none in the other',
    breaks: 'with pod b on one its zone has 2, another 0',
    play(history) {
      history.put('Node', 'one', node({ zone: 'x' }))
      history.put('Node', 'two', node({ zone: 'y' }))
      history.later()
      bindLabelled(history, ['a', 'web'], 'one', even())
      bindLabelled(history, ['b', 'web'], 'one', even())
    },
  },
  {
    rule: 'spread',
    name: 'fewer zones than it wants',
    breaks: 'with pod b on one its zone has 2, another 0',
    play(history) {
      history.put('Node', 'one', node({ zone: 'x' }))
      history.later()
      bindLabelled(history, ['a', 'web'], 'one', even({ minDomains: 2 }))
      bindLabelled(history, ['b', 'web'], 'one', even({ minDomains: 2 }))
    },
  },
  {
    rule: 'spread',
    name: 'a zone that came, or was emptied, a moment ago; a node that does not count',
    play(history) {
      history.put('Node', 'one', node({ zone: 'x' }))
      history.put('Node', 'two', node({ zone: 'y' }))
      history.later()
      bindLabelled(history, ['a', 'web'], 'one', even())
      bindLabelled(history, ['b', 'web'], 'two', even())
      history.later()
      history.put('Node', 'three', node({ zone: 'z' }))
      history.put('Node', 'four', node())
      history.remove('Pod', 'b')
      history.atOnce()
      bindLabelled(history, ['c', 'web'], 'one', even())
    },
  },
]
