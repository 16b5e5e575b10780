/** The schemas of an object that have rules, at them or below, in the form of the object. Rules are compiled when they are first needed. */
import { type DeclaredType, declaredType, withTypeAndMetadata } from '../cel/schema/declared-type.js'
import { escapeFieldName } from '../cel/schema/field-names.js'
import { additionalOf, itemsOf, type JsonSchema } from './json-schema.js'
import { compileRules, type RuleProgram } from './rule-program.js'

export class RuleNode {
  #programs: readonly RuleProgram[] | undefined

  constructor(
    readonly schema: JsonSchema,
    /** As rules see it. */
    readonly valueSchema: JsonSchema,
    private readonly declared: DeclaredType | undefined,
    readonly inner: {
      items: RuleNode | undefined
      additional: RuleNode | undefined
      properties: ReadonlyMap<string, RuleNode>
    },
  ) {}

  /** Undefined where rules cannot see the value. The pattern engine must have been loaded. */
  get programs(): readonly RuleProgram[] | undefined {
    if (this.declared) this.#programs ??= compileRules(this.schema, this.declared)
    return this.#programs
  }
}

const isEmbedded = (schema: JsonSchema) => schema['x-kubernetes-embedded-resource'] === true

export function hasRules(schema: JsonSchema | undefined): boolean {
  if (!schema) return false
  if (schema['x-kubernetes-validations']?.length) return true
  return (
    hasRules(itemsOf(schema)) ||
    hasRules(additionalOf(schema)) ||
    Object.values(schema.properties ?? {}).some(property => hasRules(property))
  )
}

/** Type of a property; those that rules cannot name have one of their own, those that they cannot see none. */
function typeOfProperty(declared: DeclaredType | undefined, name: string, schema: JsonSchema) {
  const escaped = escapeFieldName(name)
  if (escaped === undefined) return declaredType(schema, isEmbedded(schema))
  return declared?.kind === 'object' ? declared.fields.get(escaped) : undefined
}

function nodeOf(schema: JsonSchema, declared: DeclaredType | undefined, isResource: boolean): RuleNode | undefined {
  if (!hasRules(schema)) return undefined
  const [items, additional] = [itemsOf(schema), additionalOf(schema)]
  const element = declared?.kind === 'list' || declared?.kind === 'map' ? declared.element : undefined
  const properties = new Map<string, RuleNode>()
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const type = typeOfProperty(declared, name, property)
    const node = type && nodeOf(property, type, isEmbedded(property))
    if (node) properties.set(name, node)
  }
  return new RuleNode(schema, isResource ? withTypeAndMetadata(schema) : schema, declared, {
    items: items && nodeOf(items, element, isEmbedded(items)),
    additional: additional && nodeOf(additional, element, isEmbedded(additional)),
    properties,
  })
}

/** Undefined when there are no rules. `isResource`: the schema is of a resource, not of a part of one. */
export const ruleTree = (schema: JsonSchema, isResource: boolean): RuleNode | undefined =>
  hasRules(schema) ? nodeOf(schema, declaredType(schema, isResource), isResource) : undefined
