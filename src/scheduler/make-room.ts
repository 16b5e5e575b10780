/** Carries out a preemption: deletes the victims, so that their end lets the pod in. */
import type { EventRecorder } from '../client/event-recorder.js'
import type { Logger } from '../telemetry/logger.js'
import type { Nominator } from './nominator.js'
import type { PodInfo } from './pod-info.js'
import type { PodWrites } from './pod-writes.js'
import type { Candidate } from './preemption-candidates.js'

export interface RoomMakerDeps {
  writes: PodWrites
  nominator: Nominator
  recorderOf(schedulerName: string): EventRecorder
  log: Logger
  /** Lets the pod be tried at once: it could not be done. */
  activate(uid: string): void
}

export class RoomMaker {
  /** Pods for which victims are being deleted. */
  private readonly busy = new Set<string>()

  constructor(private readonly deps: RoomMakerDeps) {}

  isBusyFor = (uid: string): boolean => this.busy.has(uid)

  /** The pod is not tried before the last of the victims is asked to go, whose end is the event to wait for. */
  async makeRoom(info: PodInfo, { node, victims }: Candidate): Promise<void> {
    const { log, writes, recorderOf, activate } = this.deps
    this.busy.add(info.uid)
    const preempt = async (victim: PodInfo) => {
      await writes.preempt(victim.pod, info.schedulerName)
      const note = `Preempted by pod ${info.uid} on node ${node}`
      recorderOf(info.schedulerName).event(victim.pod, 'Normal', 'Preempted', note)
    }
    try {
      await this.clearLesserNominations(info, node)
      await Promise.all(victims.slice(0, -1).map(preempt))
      this.busy.delete(info.uid)
      await Promise.all(victims.slice(-1).map(preempt))
    } catch (error) {
      log.warn({ pod: info.key, err: String(error) }, 'Error occurred during preemption')
      this.busy.delete(info.uid)
      activate(info.uid)
    }
  }

  /** Pods of lower priority that wait for this node may no longer fit there. */
  private async clearLesserNominations(info: PodInfo, node: string): Promise<void> {
    const { nominator, writes } = this.deps
    for (const other of [...nominator.on(node)]) {
      if (other.priority >= info.priority) continue
      nominator.remove(other.uid)
      await writes.updateStatus(other.pod, undefined, '')
    }
  }
}
