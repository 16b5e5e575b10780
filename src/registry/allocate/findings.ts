/** What a look at services, and at what is taken for them, finds wrong. Reasons, actions and notes are those of upstream's events. */
import type { AnyObject } from '../../machinery/object-meta.js'

export interface AllocationFinding {
  /** A Service or an IPAddress; absent where it is about nobody. */
  regarding?: AnyObject
  reason: string
  action: string
  note: string
  /** How upstream's metrics call it; of node ports only. */
  error?: 'leak' | 'repair' | 'duplicate' | 'outOfRange'
}

/** What one look found and mended. */
export interface RepairRound {
  findings: readonly AllocationFinding[]
  /** Milliseconds until something that may be all right is looked at again. */
  lookAgainIn?: number
}

/** Makes what services have, and what is taken for them, agree. */
export interface AllocationRepair {
  /** Upstream's name of who does it. */
  name: 'portallocator-repair-controller' | 'ipallocator-repair-controller'
  /** Rejects when the store does not answer. */
  round(): Promise<RepairRound>
}
