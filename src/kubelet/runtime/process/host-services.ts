/** What a single sandbox or container of the process runtime stands on, shared by all of a cluster. */
import type { Clock } from '../../../machinery/clock.js'
import type { Logger } from '../../../telemetry/logger.js'
import type { NetworkManager } from '../../network/network-manager.js'
import type { RuntimeEvent } from '../types.js'
import type { ControlGroups } from './control-groups.js'
import type { ImageStore } from './image-store.js'
import type { MemoryVolumes } from './memory-volumes.js'
import type { PipeFactory } from './pipes.js'
import type { RecordStore } from './record.js'

export interface HostServices {
  directory: string
  clock: Clock
  log: Logger
  images: ImageStore
  pipes: PipeFactory
  records: RecordStore
  memory: MemoryVolumes
  groups: ControlGroups
  network: NetworkManager
  /** Where launchers are put. */
  launchers: string
  /** Whether changes of a root can be kept in a layer of their own; else each container has a copy. */
  overlay: boolean
  /** Bits of those that this process can hand on. */
  capabilities: bigint
  newId(): string
  /** An empty node means every node. */
  emit(event: RuntimeEvent, node: string): void
  /** What was removed is no longer there. */
  forget(id: string): void
}
