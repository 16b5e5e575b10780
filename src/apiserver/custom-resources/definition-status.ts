/** What the server makes of a definition: accepted names and conditions. */
import { decideNames } from '../../apis/apiextensions-v1/accepted-names.js'
import { approvalCondition } from '../../apis/apiextensions-v1/api-approval.js'
import { findCondition, sameCondition, setCondition } from '../../apis/apiextensions-v1/conditions.js'
import { nonStructural } from '../../apis/apiextensions-v1/definition-validation.js'
import type { CustomResourceDefinition } from '../../apis/generated/apiextensions-v1.js'
import { semanticEqual } from '../../apis/validation/semantic-equal.js'

/** Changes `definition`, a copy. `others` are the other definitions of its group, `now` is in milliseconds. */
export function judge(
  definition: CustomResourceDefinition,
  others: readonly CustomResourceDefinition[],
  now: number,
): void {
  const { acceptedNames, namesAccepted, established } = decideNames(definition, others)
  const status = (definition.status ??= {})
  status.acceptedNames = acceptedNames
  setCondition(definition, namesAccepted, now)
  setCondition(definition, established, now)
  const approval = approvalCondition(definition)
  if (approval) setCondition(definition, approval, now)
  judgeSchemas(definition, now)
}

/** Only definitions from before schemas had to be structural can have others. */
function judgeSchemas(definition: CustomResourceDefinition, now: number): void {
  const found = nonStructural(definition)
  if (found) setCondition(definition, { type: 'NonStructuralSchema', ...found }, now)
  else if (findCondition(definition, 'NonStructuralSchema'))
    definition.status!.conditions = definition.status!.conditions!.filter(({ type }) => type !== 'NonStructuralSchema')
}

/** Whether a judgement would only change times. */
export function isJudged(definition: CustomResourceDefinition, others: readonly CustomResourceDefinition[]): boolean {
  const { acceptedNames, namesAccepted, established } = decideNames(definition, others)
  const approval = approvalCondition(definition)
  return (
    semanticEqual(acceptedNames, definition.status?.acceptedNames) &&
    sameCondition(namesAccepted, findCondition(definition, 'NamesAccepted')) &&
    sameCondition(established, findCondition(definition, 'Established')) &&
    (!approval || sameCondition(approval, findCondition(definition, 'KubernetesAPIApprovalPolicyConformant')))
  )
}
