/** What kinds that hold expressions or patterns need of their store: the engine that compiles patterns. */
import { loadPatternEngine } from '../machinery/structural/pattern.js'
import type { KindHooks, Reservation } from './hooks.js'

const nothing: Reservation = { commit() {}, revert() {} }

async function begin(): Promise<Reservation> {
  await loadPatternEngine()
  return nothing
}

export const expressionHooks: KindHooks = { beginCreate: begin, beginUpdate: begin }
