/** Which of the names that a definition asks for it gets: those that no other definition of its group has. */
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionCondition,
  CustomResourceDefinitionNames,
} from '../generated/apiextensions-v1.js'
import { semanticEqual } from '../validation/semantic-equal.js'
import { findCondition } from './conditions.js'

interface Taken {
  resources: ReadonlySet<string>
  kinds: ReadonlySet<string>
}

function takenBy(others: readonly CustomResourceDefinition[]): Taken {
  const resources = new Set<string>()
  const kinds = new Set<string>()
  for (const { status } of others) {
    const { plural, singular, shortNames = [], kind, listKind } = status?.acceptedNames ?? {}
    for (const name of [plural, singular, ...shortNames]) if (name) resources.add(name)
    for (const name of [kind, listKind]) if (name) kinds.add(name)
  }
  return { resources, kinds }
}

const inUse = (name: string) => `${JSON.stringify(name)} is already in use`

interface NamesDecision {
  acceptedNames: CustomResourceDefinitionNames
  namesAccepted: CustomResourceDefinitionCondition
  established: CustomResourceDefinitionCondition
}

class Decision {
  readonly names: CustomResourceDefinitionNames
  /** The last conflict is the one that is told. */
  conflict: { reason: string; message: string } | undefined

  constructor(
    private readonly wanted: CustomResourceDefinitionNames,
    private readonly accepted: CustomResourceDefinitionNames,
  ) {
    this.names = { ...accepted }
  }

  take(field: 'plural' | 'singular' | 'kind' | 'listKind', taken: ReadonlySet<string>, reason: string): void {
    const name = this.wanted[field] ?? ''
    if (name !== (this.accepted[field] ?? '') && taken.has(name)) this.conflict = { reason, message: inUse(name) }
    else this.names[field] = name
  }

  takeShortNames(taken: ReadonlySet<string>): void {
    const { shortNames = [] } = this.wanted
    const known = this.accepted.shortNames ?? []
    if (semanticEqual(shortNames, known)) return
    const conflicts = shortNames.filter(name => !known.includes(name) && taken.has(name)).map(inUse)
    if (conflicts.length) {
      const message = conflicts.length === 1 ? conflicts[0]! : `[${conflicts.join(', ')}]`
      this.conflict = { reason: 'ShortNamesConflict', message }
    } else if (shortNames.length) this.names.shortNames = shortNames
    else delete this.names.shortNames
  }

  takeCategories(): void {
    if (this.wanted.categories) this.names.categories = this.wanted.categories
    else delete this.names.categories
  }
}

function decide(
  wanted: CustomResourceDefinitionNames,
  accepted: CustomResourceDefinitionNames,
  taken: Taken,
): Decision {
  const decision = new Decision(wanted, accepted)
  decision.take('plural', taken.resources, 'PluralConflict')
  decision.take('singular', taken.resources, 'SingularConflict')
  decision.takeShortNames(taken.resources)
  decision.take('kind', taken.kinds, 'KindConflict')
  decision.take('listKind', taken.kinds, 'ListKindConflict')
  decision.takeCategories()
  return decision
}

const installing = {
  type: 'Established',
  status: 'False',
  reason: 'Installing',
  message: 'the initial names have been accepted',
}

/** `others`: all other definitions of the group. Once established, a definition stays so; it is to be established when its names are. */
export function decideNames(
  definition: CustomResourceDefinition,
  others: readonly CustomResourceDefinition[],
): NamesDecision {
  const accepted = definition.status?.acceptedNames ?? { plural: '', kind: '' }
  const { names, conflict } = decide(definition.spec.names, accepted, takenBy(others))
  const namesAccepted = conflict
    ? { type: 'NamesAccepted', status: 'False', ...conflict }
    : { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' }
  const old = findCondition(definition, 'Established')
  const notAccepted = {
    type: 'Established',
    status: 'False',
    reason: 'NotAccepted',
    message: 'not all names are accepted',
  }
  const established = old?.status === 'True' ? old : conflict ? (old ?? notAccepted) : installing
  return { acceptedNames: names, namesAccepted, established }
}
