/** What the controller remembers of nodes from one look to the next, and what it has told of them already. */
import type { Node } from '../../apis/generated/core-v1.js'
import type { ReconcileContext } from '../runtime/controller.js'
import { FreshAttachments } from './attachments.js'
import { multiAttachMessage } from './multi-attach.js'
import type { Attached, AttachPlan, Wanted } from './plan.js'

interface NodeMemory {
  /** As the node said last. */
  inUse?: readonly string[]
  /** Volumes that nobody needs any longer, by when that was first seen. */
  unwanted: Map<string, number>
  /** What was told of a volume; `attached`, or an error. */
  told: Map<string, string>
}

export class Memory {
  readonly fresh = new FreshAttachments()
  private readonly nodes = new Map<string, NodeMemory>()

  /** A node of which nothing is known may have anything mounted. */
  inUse(name: string, node: Node | undefined, volume: string): boolean {
    const memory = this.of(name)
    if (node) memory.inUse = node.status?.volumesInUse ?? []
    return memory.inUse?.includes(volume) ?? true
  }

  unwantedSince(name: string, volume: string, now: number): number {
    const { unwanted } = this.of(name)
    const since = unwanted.get(volume) ?? now
    unwanted.set(volume, since)
    return since
  }

  /** These are needed: their time begins anew when they no longer are. */
  wanted(name: string, volumes: ReadonlyMap<string, unknown>): void {
    for (const volume of volumes.keys()) this.of(name).unwanted.delete(volume)
  }

  /** The volume is detached. */
  forget(name: string, volume: string): void {
    const { unwanted, told } = this.of(name)
    unwanted.delete(volume)
    told.delete(volume)
  }

  /** Events about pods, each once: their volume was attached, was not, or is elsewhere. */
  tell(
    node: string,
    {
      plan,
      wanted,
      attached,
    }: { plan: AttachPlan; wanted: ReadonlyMap<string, Wanted>; attached: readonly Attached[] },
    { cache, recorder }: ReconcileContext,
  ): void {
    const { told } = this.of(node)
    const fresh = (volume: string, what: string) => told.get(volume) !== what && told.set(volume, what)
    for (const { name, attachment } of attached) {
      const { pods = [], volume } = wanted.get(name) ?? {}
      const { attached: isAttached, attachError } = attachment.status ?? {}
      const of = `for volume ${JSON.stringify(volume?.metadata.name)}`
      if (isAttached && fresh(name, 'attached'))
        for (const pod of pods)
          recorder.event(pod, 'Normal', 'SuccessfulAttachVolume', `AttachVolume.Attach succeeded ${of} `)
      const { message = '', time } = attachError ?? {}
      if (!isAttached && attachError && fresh(name, `${time} ${message}`))
        for (const pod of pods)
          recorder.event(pod, 'Warning', 'FailedAttachVolume', `AttachVolume.Attach failed ${of} : ${message}`)
    }
    for (const { volume, pods, nodes } of plan.blocked)
      if (fresh(volume.metadata.name ?? '', 'blocked'))
        for (const pod of pods)
          recorder.event(pod, 'Warning', 'FailedAttachVolume', multiAttachMessage(pod, { volume, nodes }, cache))
    for (const { volume } of plan.attach) told.delete(volume.metadata.name ?? '')
  }

  private of(name: string): NodeMemory {
    const known = this.nodes.get(name)
    if (known) return known
    const memory: NodeMemory = { unwanted: new Map(), told: new Map() }
    this.nodes.set(name, memory)
    return memory
  }
}
