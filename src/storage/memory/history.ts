/** How much of its past the built-in engine keeps: what watches replay, and reads at an exact revision undo. */
import { EventWindow, type WindowBounds } from '../event-window.js'
import type { StorageEvent } from '../storage.js'

/** `maxBytes`: of replaced and deleted values, which history alone keeps in memory. */
export interface HistoryBounds extends WindowBounds {
  /** Milliseconds. Default five minutes, as upstream compacts etcd. */
  maxAge: number
}

export const defaultHistoryBounds: HistoryBounds = { maxAge: 5 * 60_000, maxEvents: 200_000, maxBytes: 128 << 20 }

const weightOf = ({ previous }: StorageEvent): number => previous?.bytes.length ?? 0

/** Of what comes after the revision. */
export const newHistory = (compacted: number, bounds: HistoryBounds): EventWindow =>
  new EventWindow(compacted, bounds, weightOf)
