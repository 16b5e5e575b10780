/** Validates what lists and objects hold, and how much of it. */
import { oldField, oldItem } from './correlation.js'
import { Findings } from './finding.js'
import { additionalOf, itemsOf, type JsonObject, type JsonSchema, propertyOf } from './json-schema.js'
import { canonicalJson } from './list-types.js'
import type { Place, Validate } from './place.js'

function lengthFindings(schema: JsonSchema, list: readonly unknown[], path: string): Findings {
  const findings = new Findings()
  const { minItems, maxItems, uniqueItems } = schema
  const value = list.length
  if (minItems !== undefined && value < minItems)
    findings.add({ code: 'other', path, value, message: `${path} in body should have at least ${minItems} items` })
  if (maxItems !== undefined && value > maxItems) {
    const message = `${path} in body should have at most ${maxItems} items`
    findings.add({ code: 'tooMany', path, value, limit: maxItems, message })
  }
  if (uniqueItems && new Set(list.map(canonicalJson)).size < value)
    findings.add({ code: 'other', path, message: `${path} in body shouldn't contain duplicates` })
  return findings
}

function countFindings({ minProperties, maxProperties }: JsonSchema, value: number, path: string): Findings {
  const findings = new Findings()
  if (minProperties !== undefined && value < minProperties) {
    const message = `${path} in body should have at least ${minProperties} properties`
    findings.add({ code: 'other', path, value, message })
  }
  if (maxProperties !== undefined && value > maxProperties) {
    const message = `${path} in body should have at most ${maxProperties} properties`
    findings.add({ code: 'tooMany', path, value, limit: maxProperties, message })
  }
  return findings
}

/** Upstream never excuses the type of the object. */
const isTypeField = (path: string, name: string) => path === '' && (name === 'kind' || name === 'apiVersion')

/** Where the field of that name stands; fields without a schema of their own have a dot before them even at the root. */
function fieldPlace(schema: JsonSchema, { path, old }: Place, name: string): Place {
  const before = isTypeField(path, name) ? undefined : oldField(schema, old, name)
  const named = propertyOf(schema, name) && !path ? name : `${path}.${name}`
  return { path: named, ...(before && { old: before }) }
}

function unnamedFindings(validate: Validate, schema: JsonSchema, object: JsonObject, place: Place): Findings {
  const findings = new Findings()
  const additional = additionalOf(schema)
  if (!additional && schema.additionalProperties !== false) return findings
  for (const name of Object.keys(object).sort()) {
    if (propertyOf(schema, name)) continue
    const { path } = place
    if (additional) findings.merge(validate(additional, object[name], fieldPlace(schema, place, name)))
    else findings.add({ code: 'other', path, value: name, message: `${path}.${name} in body is a forbidden property` })
  }
  return findings
}

/** Validators of lists and of objects, whose contents `validate` looks at. */
export const newContents = (
  validate: Validate,
): { list: Validate<readonly unknown[]>; object: Validate<JsonObject> } => ({
  list(schema, list, { path, old }) {
    const findings = new Findings()
    const items = itemsOf(schema)
    for (let i = 0; items && i < list.length; i++) {
      const before = oldItem(schema, old, list[i])
      findings.merge(validate(items, list[i], { path: `${path}[${i}]`, ...(before && { old: before }) }))
    }
    findings.merge(lengthFindings(schema, list, path))
    findings.matches++
    return findings
  },
  object(schema, object, place) {
    const { path } = place
    const findings = countFindings(schema, Object.keys(object).length, path)
    findings.merge(unnamedFindings(validate, schema, object, place))
    for (const name of Object.keys(schema.properties ?? {}).sort()) {
      if (!Object.hasOwn(object, name)) continue
      findings.merge(validate(schema.properties![name]!, object[name], fieldPlace(schema, place, name)))
    }
    for (const name of schema.required ?? []) {
      if (Object.hasOwn(object, name)) continue
      findings.add({ code: 'required', path: `${path}.${name}`, message: `${path}.${name} in body is required` })
    }
    return findings
  },
})
