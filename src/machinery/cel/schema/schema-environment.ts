/** What rules of a schema may name: `self`, `oldSelf`, and the fields that the schema declares. */
import type { Environment } from '../declarations.js'
import { newEnvironment } from '../environment.js'
import type { SizeOf } from '../estimate.js'
import { authorizerFunctions } from '../library/authorizer.js'
import { type CelType, optionalOf } from '../types.js'
import { DeclaredStructs } from './declared-structs.js'
import { type DeclaredType, keyType } from './declared-type.js'

/** Rules are not to depend on it: upstream makes a new one each time. */
const selfName = 'selfType1'

interface RuleEnvironments {
  plain: Environment
  /** `oldSelf` is an optional. */
  optionalOld: Environment
}

export function ruleEnvironments(declared: DeclaredType): RuleEnvironments {
  const structs = new DeclaredStructs()
  const self = structs.typeOf(declared, selfName)
  const environment = (oldSelf: CelType): Environment => ({
    ...newEnvironment({ variables: { self, oldSelf }, functions: authorizerFunctions }),
    struct: name => structs.find(name),
  })
  return { plain: environment(self), optionalOld: environment(optionalOf(self)) }
}

function stepInto(declared: DeclaredType | undefined, step: string): DeclaredType | undefined {
  if (declared?.kind === 'object') return declared.fields.get(step)
  if (declared?.kind !== 'list' && declared?.kind !== 'map') return undefined
  if (step === '@items' || step === '@values') return declared.element
  return step === '@keys' && declared.kind === 'map' ? keyType : undefined
}

/** Sizes of what stands below `self` and `oldSelf`. */
export const sizesOf =
  (declared: DeclaredType): SizeOf =>
  path => {
    if (!path?.length) return undefined
    let found: DeclaredType | undefined = declared
    for (const step of path.slice(1)) found = stepInto(found, step)
    return found && { min: 0, max: found.maxElements }
  }
