/** Validates allOf, anyOf, oneOf and not. Of alternatives that all fail, the findings of the one that matched most are told. */
import { type Finding, Findings } from './finding.js'
import type { JsonSchema } from './json-schema.js'
import type { Place, Validate } from './place.js'

const composite = (path: string, message: string): Finding => ({
  code: 'composite',
  path: '',
  message: `${JSON.stringify(path)} ${message}`,
})

type Check = (schema: JsonSchema) => Findings

function best(results: readonly Findings[]): Findings | undefined {
  let found: Findings | undefined
  for (const result of results) if (!found || result.matches > found.matches) found = result
  return found
}

function anyOf(schemas: readonly JsonSchema[], check: Check, path: string): Findings {
  const failures: Findings[] = []
  for (const schema of schemas) {
    const result = check(schema)
    if (result.isValid) return result
    failures.push(result)
  }
  return new Findings().add(composite(path, 'must validate at least one schema (anyOf)')).merge(best(failures))
}

function oneOf(schemas: readonly JsonSchema[], check: Check, path: string): Findings {
  const results = schemas.map(check)
  const valid = results.filter(result => result.isValid)
  if (valid.length === 1) return valid[0]!
  const how = valid.length ? `Found ${valid.length} valid alternatives` : 'Found none valid'
  const findings = new Findings().add(composite(path, `must validate one and only one schema (oneOf). ${how}`))
  // Once one is valid, failures before it are forgotten and later ones are not looked at.
  return valid.length ? findings : findings.merge(best(results))
}

function allOf(schemas: readonly JsonSchema[], check: Check, path: string): Findings {
  const results = schemas.map(check)
  const findings = new Findings()
  for (const result of results) findings.merge(result)
  const valid = results.filter(result => result.isValid).length
  if (valid < schemas.length)
    findings.add(composite(path, `must validate all the schemas (allOf)${valid ? '' : '. None validated'}`))
  return findings
}

/** Validates a value against the alternatives of its schema. */
export const newAlternatives =
  (validate: Validate): Validate =>
  (schema, value, place: Place) => {
    const findings = new Findings()
    const { path } = place
    const check: Check = alternative => validate(alternative, value, { ...place, isAlternative: true })
    if (schema.anyOf?.length) findings.merge(anyOf(schema.anyOf, check, path))
    if (schema.oneOf?.length) findings.merge(oneOf(schema.oneOf, check, path))
    if (schema.allOf?.length) findings.merge(allOf(schema.allOf, check, path))
    if (schema.not && check(schema.not).isValid) findings.add(composite(path, 'must not validate the schema (not)'))
    findings.matches++
    return findings
  }
