/**
 * Specs as upstream's errors print them: its internal types have no JSON names, so fields go by their Go names and what is unset
 * shows as null.
 */
import type {
  FlowSchemaSpec,
  PolicyRulesWithSubjects,
  PriorityLevelConfigurationSpec,
  Subject,
} from '../generated/flowcontrol-v1.js'

const subjectValue = ({ kind, user, group, serviceAccount }: Subject) => ({
  Kind: kind,
  User: user ? { Name: user.name } : null,
  Group: group ? { Name: group.name } : null,
  ServiceAccount: serviceAccount ? { Namespace: serviceAccount.namespace, Name: serviceAccount.name } : null,
})

const ruleValue = ({ subjects, resourceRules, nonResourceRules }: PolicyRulesWithSubjects) => ({
  Subjects: subjects?.map(subjectValue) ?? null,
  ResourceRules:
    resourceRules?.map(rule => ({
      Verbs: rule.verbs ?? null,
      APIGroups: rule.apiGroups ?? null,
      Resources: rule.resources ?? null,
      ClusterScope: rule.clusterScope ?? false,
      Namespaces: rule.namespaces ?? null,
    })) ?? null,
  NonResourceRules:
    nonResourceRules?.map(rule => ({ Verbs: rule.verbs ?? null, NonResourceURLs: rule.nonResourceURLs ?? null })) ??
    null,
})

export const flowSchemaSpecValue = (spec: FlowSchemaSpec): object => ({
  PriorityLevelConfiguration: { Name: spec.priorityLevelConfiguration?.name ?? '' },
  MatchingPrecedence: spec.matchingPrecedence ?? 0,
  DistinguisherMethod: spec.distinguisherMethod ? { Type: spec.distinguisherMethod.type } : null,
  Rules: spec.rules?.map(ruleValue) ?? null,
})

export function priorityLevelSpecValue({ type, limited, exempt }: PriorityLevelConfigurationSpec): object {
  const queuing = limited?.limitResponse?.queuing
  return {
    Type: type,
    Limited: limited
      ? {
          NominalConcurrencyShares: limited.nominalConcurrencyShares ?? 0,
          LimitResponse: {
            Type: limited.limitResponse?.type ?? '',
            Queuing: queuing
              ? { Queues: queuing.queues, HandSize: queuing.handSize, QueueLengthLimit: queuing.queueLengthLimit }
              : null,
          },
          LendablePercent: limited.lendablePercent ?? null,
          BorrowingLimitPercent: limited.borrowingLimitPercent ?? null,
        }
      : null,
    Exempt: exempt
      ? {
          NominalConcurrencyShares: exempt.nominalConcurrencyShares ?? null,
          LendablePercent: exempt.lendablePercent ?? null,
        }
      : null,
  }
}
