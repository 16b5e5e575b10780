/** The types that a policy's expressions are checked against: of what it is for, and of its parameters. */
import type { ValidatingAdmissionPolicy } from '../../apis/generated/admissionregistration-v1.js'
import type { Client } from '../../client/client.js'
import { knownResources } from '../runtime/served-resources.js'
import { schemaOfKind } from './kind-schemas.js'
import type { PolicyTypes, TypedKind } from './type-check.js'
import { type CheckedKind, typesToCheck } from './types-to-check.js'

function paramKindOf({ spec: { paramKind } }: ValidatingAdmissionPolicy): CheckedKind | undefined {
  if (!paramKind) return undefined
  const { apiVersion = '', kind = '' } = paramKind
  const slash = apiVersion.indexOf('/')
  return { group: apiVersion.slice(0, Math.max(slash, 0)), version: apiVersion.slice(slash + 1), kind }
}

/** Kinds without a schema are left out. */
export async function typesOf(
  policy: ValidatingAdmissionPolicy,
  client: Client,
): Promise<Omit<PolicyTypes, 'nanosecond'>> {
  const typed = async (kind: CheckedKind): Promise<TypedKind | undefined> => {
    const schema = await schemaOfKind(kind, client)
    return schema && { ...kind, schema }
  }
  const rules = policy.spec.matchConstraints?.resourceRules ?? []
  const kinds = rules.length ? typesToCheck(rules, (await knownResources(client)).served) : []
  const objects = await Promise.all(kinds.map(typed))
  const paramKind = paramKindOf(policy)
  const params = paramKind && (await typed(paramKind))
  return { objects: objects.filter(kind => kind !== undefined), ...(params && { params }) }
}
