/** selfsubjectrulesreviews: all that I may do in a namespace. */
import type { AnyObject } from '../../machinery/object-meta.js'
import { badRequest } from '../../machinery/status-error.js'
import { nodeIdentity } from '../authz/node.js'
import type { PolicyRule } from '../authz/policy-rule.js'
import { joinErrors } from '../authz/rbac.js'
import type { RuleResolver } from '../authz/rule-resolver.js'
import type { VerbRequest } from './outcome.js'

const resourceRule = ({ verbs, apiGroups = [], resources = [], resourceNames = [] }: PolicyRule) => ({
  verbs,
  apiGroups,
  resources,
  ...(resourceNames.length && { resourceNames }),
})

/** Fills in the review's status. */
export function reviewRules(review: AnyObject, { user }: VerbRequest, resolver: RuleResolver): AnyObject {
  const namespace = (review.spec as { namespace?: string } | undefined)?.namespace
  if (!namespace) throw badRequest('no namespace on request')
  const held = resolver.allHeld(user, namespace)
  const { rules } = held
  const isNode = nodeIdentity(user) !== undefined
  const errors = [...held.errors, ...(isNode ? ['node authorizer does not support user rule resolution'] : [])]
  return {
    apiVersion: review.apiVersion,
    kind: review.kind,
    metadata: {},
    // Upstream does not repeat the question.
    spec: {},
    status: {
      resourceRules: rules.filter(rule => !rule.nonResourceURLs?.length).map(resourceRule),
      nonResourceRules: rules
        .filter(rule => rule.nonResourceURLs?.length)
        .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
      incomplete: errors.length > 0,
      ...(errors.length && { evaluationError: joinErrors(errors) }),
    },
  }
}
