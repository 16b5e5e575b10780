/** What the server makes of a definition: accepted names and conditions, each looked at when upstream's controller of it would. */
import { decideNames } from '../../apis/apiextensions-v1/accepted-names.js'
import { approvalAnnotation, approvalCondition } from '../../apis/apiextensions-v1/api-approval.js'
import { findCondition, isConditionTrue, sameCondition, setCondition } from '../../apis/apiextensions-v1/conditions.js'
import { nonStructural } from '../../apis/apiextensions-v1/definition-validation.js'
import type { CustomResourceDefinition } from '../../apis/generated/apiextensions-v1.js'
import { semanticEqual } from '../../apis/validation/semantic-equal.js'

/** What a definition was last written for: clients who change the outcome are not contradicted until this changes. */
export interface JudgedFor {
  generation?: number | undefined
  /** Value of the annotation; '' where there is none. */
  approval?: string
}

interface Judgement {
  /** The other definitions of the group. */
  others: readonly CustomResourceDefinition[]
  /** Milliseconds since the epoch. */
  now: number
  last: JudgedFor
}

/**
 * Does the first thing that is due to the status of `definition`, a copy: each is a write of its own, which watchers see. The outcome is
 * what it is now judged for, or undefined if nothing was due.
 */
export function judge(definition: CustomResourceDefinition, judgement: Judgement): JudgedFor | undefined {
  const { now, last } = judgement
  if (judgeNames(definition, judgement)) return last
  if (isConditionTrue(definition, 'NamesAccepted') && !isConditionTrue(definition, 'Established')) {
    setCondition(definition, initialNamesAccepted, now)
    return last
  }
  if (judgeApproval(definition, judgement)) return { ...last, approval: annotationOf(definition) }
  if (judgeSchemas(definition, judgement)) return { ...last, generation: definition.metadata.generation }
  return undefined
}

const initialNamesAccepted = {
  type: 'Established',
  status: 'True',
  reason: 'InitialNamesAccepted',
  message: 'the initial names have been accepted',
}

/** Where all names are accepted nobody looks at the conditions any more. */
function judgeNames(definition: CustomResourceDefinition, { others, now }: Judgement): boolean {
  const accepted = definition.status?.acceptedNames
  if (semanticEqual(definition.spec.names, accepted)) return false
  const { acceptedNames, namesAccepted, established } = decideNames(definition, others)
  const isSame = sameCondition(namesAccepted, findCondition(definition, 'NamesAccepted'))
  if (isSame && semanticEqual(acceptedNames, accepted)) return false
  definition.status = { ...definition.status, acceptedNames }
  setCondition(definition, namesAccepted, now)
  setCondition(definition, established, now)
  return true
}

const annotationOf = ({ metadata }: CustomResourceDefinition): string =>
  metadata.annotations?.[approvalAnnotation] ?? ''

function judgeApproval(definition: CustomResourceDefinition, { now, last }: Judgement): boolean {
  const approval = approvalCondition(definition)
  if (!approval || last.approval === annotationOf(definition)) return false
  const old = findCondition(definition, approval.type)
  if (old && sameCondition(approval, old)) return false
  setCondition(definition, approval, now)
  return true
}

/** Only definitions from before schemas had to be structural can have others. */
function judgeSchemas(definition: CustomResourceDefinition, { now, last }: Judgement): boolean {
  const { generation = 0 } = definition.metadata
  if (last.generation !== undefined && generation <= last.generation) return false
  const found = nonStructural(definition)
  const old = findCondition(definition, 'NonStructuralSchema')
  if (!found && !old) return false
  if (found && old && sameCondition({ type: old.type, ...found }, old)) return false
  if (found) setCondition(definition, { type: 'NonStructuralSchema', ...found }, now)
  else
    definition.status!.conditions = definition.status!.conditions!.filter(({ type }) => type !== 'NonStructuralSchema')
  return true
}
