/**
 * At most one controlling owner; nobody takes what another controls. Someone may take an object over by hand, in two writes: released
 * first, then adopted; a user who does it in one write breaks the rule.
 */
import type { Invariant } from '../invariant.js'
import { controllerOf, nameOf } from '../model.js'

export const oneController: Invariant = {
  name: 'one-controller',
  claim: 'an object has at most one controlling owner, and loses it before it gets another',
  *afterChange({ kind, previous, current }) {
    if (!current) return
    const controllers = current.metadata.ownerReferences?.filter(({ controller }) => controller) ?? []
    if (controllers.length > 1)
      yield `${kind} ${nameOf(current)} is controlled by ${controllers.map(({ name }) => name).join(' and ')}`
    const [before, after] = [previous && controllerOf(previous), controllerOf(current)]
    if (before && after && before.uid !== after.uid)
      yield `${kind} ${nameOf(current)} was taken from ${before.name} by ${after.name}`
  },
}
