/** TTL controller: tells each node, by an annotation, for how long it may keep secrets and config maps; longer in larger clusters. */
import { node as nodeKind } from '../../apis/core-v1/index.js'
import type { Node } from '../../apis/generated/core-v1.js'
import type { Controller } from '../runtime/controller.js'
import { defineController } from '../runtime/define-controller.js'
import { done } from '../runtime/result.js'

const annotation = 'node.alpha.kubernetes.io/ttl'

/** Upstream's steps: by number of nodes; they overlap, so that one node more or less does not change all of them each time. */
const steps = [
  { atLeast: 0, atMost: 100, seconds: 0 },
  { atLeast: 90, atMost: 500, seconds: 15 },
  { atLeast: 450, atMost: 1000, seconds: 30 },
  { atLeast: 900, atMost: 2000, seconds: 60 },
  { atLeast: 1800, atMost: Number.POSITIVE_INFINITY, seconds: 300 },
]

/** Seconds that fit the size of the cluster. */
export class ClusterSize {
  private count = 0
  private step = 0

  get seconds(): number {
    return steps[this.step]?.seconds ?? 0
  }

  add(): void {
    if (++this.count > (steps[this.step]?.atMost ?? 0)) this.step++
  }

  remove(): void {
    if (--this.count < (steps[this.step]?.atLeast ?? 0)) this.step--
  }
}

const define = (size: ClusterSize): Controller =>
  defineController<Node>({
    name: 'ttlcontroller',
    serviceAccount: 'ttl-controller',
    component: 'ttl-controller',
    for: nodeKind,
    prepare: informer => void informer(nodeKind).addHandler({ add: () => size.add(), delete: () => size.remove() }),

    // As upstream: a node hears of a new size when it next changes, as its own reports make it do.
    async reconcile({ metadata: { name = '', annotations } }, { client }) {
      const value = String(size.seconds)
      if (annotations?.[annotation] === value) return done
      const body = { metadata: { annotations: { [annotation]: value } } }
      await client.patch(nodeKind, { name }, { type: 'application/strategic-merge-patch+json', body })
      return done
    },
  })

export const ttlController: Controller = {
  name: 'ttlcontroller',
  start: deps => define(new ClusterSize()).start(deps),
}
