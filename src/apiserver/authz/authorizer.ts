/** The chain of authorizers: members of system:masters first, then nodes, then RBAC. */
import { type Attributes, type Authorizer, type Decision, forbiddenRequest } from './attributes.js'

const allowed: Decision = { allowed: true, reason: '' }

/** `system:masters` may do anything, whatever the roles say. */
export const privilegedGroup: Authorizer = ({ user }) => (user.groups.includes('system:masters') ? allowed : undefined)

/** The first that allows wins; reasons of those that refuse stand on lines of their own, as upstream has it. */
export function unionAuthorizer(
  authorizers: readonly Authorizer[],
): (attributes: Attributes) => Decision | Promise<Decision> {
  const from = (index: number, attributes: Attributes, reasons: readonly string[]): Decision | Promise<Decision> => {
    for (let i = index; i < authorizers.length; i++) {
      const answer = authorizers[i]!(attributes)
      if (answer instanceof Promise) {
        return answer.then(decision => {
          if (decision?.allowed) return decision
          return from(i + 1, attributes, decision?.reason ? [...reasons, decision.reason] : reasons)
        })
      }
      if (answer?.allowed) return answer
      if (answer?.reason) reasons = [...reasons, answer.reason]
    }
    return { allowed: false, reason: reasons.join('\n') }
  }
  return attributes => from(0, attributes, [])
}

export type Authorize = ReturnType<typeof unionAuthorizer>

/** Is told what was decided. */
export interface DecisionObserver {
  decided(decision: Decision): void
}

/** Throws upstream's 403 unless the request is allowed. Returns at once when nothing had to be looked up. */
export function requireAllowed(
  authorize: Authorize,
  attributes: Attributes,
  observer?: DecisionObserver,
): void | Promise<void> {
  const check = (decision: Decision) => {
    observer?.decided(decision)
    if (!decision.allowed) throw forbiddenRequest(attributes, decision.reason)
  }
  const decision = authorize(attributes)
  return decision instanceof Promise ? decision.then(check) : check(decision)
}
