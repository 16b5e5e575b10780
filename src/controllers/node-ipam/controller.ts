/** Node IPAM controller: gives each node a network of its own for its pods, as upstream's range allocator does. */
import { node as nodeKind } from '../../apis/core-v1/index.js'
import type { Node } from '../../apis/generated/core-v1.js'
import { isReason } from '../../machinery/status-error.js'
import type { Controller, ControllerDeps, ReconcileContext, RunningController } from '../runtime/controller.js'
import { defineController } from '../runtime/define-controller.js'
import { done } from '../runtime/result.js'
import { CidrLedger, NoCidrLeft, type NodeCidrOptions, podCidrsOf } from './cidr-ledger.js'
import { CidrMetrics } from './metrics.js'

const patchTries = 3

/** Nodes of a simulation: their pods' addresses lead nowhere, and are of no network that could be given. */
const isSimulated = ({ status }: Node) => status?.nodeInfo?.containerRuntimeVersion?.startsWith('sim://') === true

const needsCidrs = (node: Node) =>
  podCidrsOf(node).length === 0 && !node.metadata.deletionTimestamp && !isSimulated(node)

/** It begins when the options are known; undefined ones mean that it never does. */
export const newNodeIpamController = (options: Promise<NodeCidrOptions | undefined>): Controller => ({
  name: 'node-ipam',
  start(deps) {
    let isStopped = false
    const starting = options.then(
      known => (known && !isStopped ? start(known, deps) : undefined),
      () => undefined,
    )
    return {
      async stop() {
        isStopped = true
        await (await starting)?.stop()
      },
    }
  },
})

function start(options: NodeCidrOptions, deps: ControllerDeps): RunningController {
  const ledger = new CidrLedger(options, deps.registry && new CidrMetrics(deps.registry))
  return define(ledger, deps).start(deps)
}

/** Before any node is given something, all that nodes have is known: handlers hear of each node before the first is reconciled. */
const define = (ledger: CidrLedger, { log }: Pick<ControllerDeps, 'log'>): Controller => {
  const attempt = (act: () => void) => {
    try {
      act()
    } catch (error) {
      log.debug({ error: String(error) }, 'The CIDRs of a node are not of this cluster')
    }
  }
  return defineController<Node>({
    name: 'cidrallocator_node',
    serviceAccount: 'node-controller',
    component: 'cidrAllocator',
    for: nodeKind,
    prepare: informer =>
      void informer(nodeKind).addHandler({
        add: node => attempt(() => ledger.keep(node)),
        update: (node, old) => attempt(() => followChange(ledger, node, old)),
        delete: node => attempt(() => ledger.giveBack(podCidrsOf(node))),
      }),
    relevant: (node, old) => needsCidrs(node) || podCidrsOf(node).join() !== (old && podCidrsOf(old).join()),
    // Those that came too late hear that one has become free.
    watches: [{ kind: nodeKind, keys: (_, __, { type }) => (type === 'delete' ? ledger.takeWaiting() : []) }],
    async reconcile(node, context) {
      if (needsCidrs(node)) await give(node, ledger, context)
      // Throws, so that it is told, and tried again.
      else ledger.keep(node)
      return done
    },
  })
}

/** Below the API, nodes may lose what they had. */
function followChange(ledger: CidrLedger, node: Node, old: Node): void {
  if (podCidrsOf(node).length > 0) ledger.keep(node)
  else ledger.giveBack(podCidrsOf(old))
}

async function give(node: Node, ledger: CidrLedger, context: ReconcileContext): Promise<void> {
  try {
    await assign(node, ledger.take(), { ledger, context })
  } catch (error) {
    if (error instanceof NoCidrLeft) {
      ledger.wait(node)
      tell(node, 'CIDRNotAvailable', context)
    }
    throw error
  }
}

interface Assignment {
  ledger: CidrLedger
  context: ReconcileContext
}

async function assign(node: Node, podCIDRs: string[], { ledger, context }: Assignment): Promise<void> {
  const { name = '' } = node.metadata
  const body = { spec: { podCIDR: podCIDRs[0], podCIDRs } }
  for (let tries = 1; ; tries++) {
    try {
      await context.client.patch(nodeKind, { name }, { type: 'application/strategic-merge-patch+json', body })
      return
    } catch (error) {
      if (tries < patchTries) continue
      tell(node, 'CIDRAssignmentFailed', context)
      // What may have been written all the same stays taken: the next start sees whether it was.
      if (!isReason(error, 'ServerTimeout')) ledger.giveBack(podCIDRs)
      throw error
    }
  }
}

function tell({ metadata: { name = '', uid } }: Node, status: string, { recorder }: ReconcileContext): void {
  const reference = { apiVersion: 'v1', kind: 'Node', name, uid }
  recorder.event(reference, 'Normal', status, `Node ${name} status is now: ${status}`)
}
