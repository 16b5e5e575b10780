/** A pod stays on the node that it was bound to. */
import { type Invariant, isOf } from '../invariant.js'
import { nameOf } from '../model.js'

export const nodeNameOnce: Invariant = {
  name: 'node-name-once',
  claim: 'spec.nodeName is set once and never changed',
  *afterChange(change) {
    if (!isOf(change, 'Pod') || !change.previous?.spec.nodeName || !change.current) return
    const [before, after] = [change.previous.spec.nodeName, change.current.spec.nodeName]
    if (before !== after) yield `pod ${nameOf(change.current)} moved from ${before} to ${after ?? 'no node'}`
  },
}
