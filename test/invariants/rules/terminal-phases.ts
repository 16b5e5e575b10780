/** Succeeded and Failed are final: a pod that ended does not come back. */
import { type Invariant, isOf } from '../invariant.js'
import { nameOf } from '../model.js'

export const terminalPhases: Invariant = {
  name: 'terminal-phases',
  claim: 'a pod that has succeeded or failed stays so',
  *afterChange(change) {
    if (!isOf(change, 'Pod') || !change.current) return
    const [before, after] = [change.previous?.status?.phase, change.current.status?.phase]
    if ((before === 'Succeeded' || before === 'Failed') && after !== before)
      yield `pod ${nameOf(change.current)} went from ${before} to ${after ?? 'no phase'}`
  },
}
