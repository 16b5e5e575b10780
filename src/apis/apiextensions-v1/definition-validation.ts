/** What is wrong with a CustomResourceDefinition: upstream's checks, in its order, with its paths. */
import { type FieldError, invalid, notSupported, required } from '../../machinery/field-error.js'
import { nameIsDnsSubdomain } from '../../machinery/name-rules.js'
import { isDns1035Label, isDns1123Subdomain } from '../../machinery/names.js'
import { type JsonSchema, someSchema } from '../../machinery/structural/json-schema.js'
import { structuralErrors, unreadableSchema } from '../../machinery/structural/structural-errors.js'
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionSpec,
  CustomResourceSubresources,
  CustomResourceValidation,
  SelectableField,
} from '../generated/apiextensions-v1.js'
import { immutableField } from '../validation/immutable.js'
import { semanticEqual } from '../validation/semantic-equal.js'
import { approvalErrors } from './api-approval.js'
import { isConditionTrue } from './conditions.js'
import { conversionErrors, wantsRecognizedVersions } from './conversion-validation.js'
import { goVersion } from './go-form.js'
import { hoist } from './hoisted-spec.js'
import { nameErrors, requiredNames } from './names-validation.js'
import { rootSchemaErrors } from './root-schema-validation.js'
import { columnErrors, deprecationErrors, selectableFieldErrors, subresourceErrors } from './version-validation.js'

/** What an update may keep because it was there before. */
interface Leniency {
  recognizedVersions: boolean
  schemaOptional: boolean
  allowsAnyType: boolean
  /** Whether the version's schema is what it was. */
  isUnchanged(version: string, schema: JsonSchema | undefined): boolean
}

const strict: Leniency = {
  recognizedVersions: true,
  schemaOptional: false,
  allowsAnyType: false,
  isUnchanged: () => false,
}

const schemaOf = (validation: CustomResourceValidation | undefined) =>
  validation?.openAPIV3Schema as JsonSchema | undefined
const hasStatus = (subresources: CustomResourceSubresources | undefined) => subresources?.status !== undefined

const knownTypes = ['', 'string', 'number', 'integer', 'boolean', 'array', 'object']

function leniencyFor({ spec }: CustomResourceDefinition): Leniency {
  const schemas = spec.versions.map(version => schemaOf(version.schema))
  return {
    recognizedVersions: wantsRecognizedVersions(spec.conversion),
    schemaOptional: schemas.some(schema => !schema),
    allowsAnyType: schemas.some(schema => someSchema(schema, s => !knownTypes.includes(s.type ?? ''))),
    isUnchanged(name, schema) {
      const old = spec.versions.find(version => version.name === name)
      return !!old && semanticEqual(schemaOf(old.schema), schema)
    },
  }
}

function* groupErrors({ group }: CustomResourceDefinitionSpec): Generator<FieldError> {
  if (!group) {
    yield required('spec.group')
    return
  }
  const errors = isDns1123Subdomain(group)
  if (errors.length) yield invalid('spec.group', group, errors.join(','))
  else if (!group.includes('.')) yield invalid('spec.group', group, 'should be a domain with at least one dot')
}

function* scopeErrors({ scope }: CustomResourceDefinitionSpec): Generator<FieldError> {
  if (!scope) yield required('spec.scope')
  else if (scope !== 'Cluster' && scope !== 'Namespaced')
    yield notSupported('spec.scope', scope, ['Cluster', 'Namespaced'])
}

type Hoisted = ReturnType<typeof hoist>

function* missingSchemas({ validation, versions }: Hoisted, optional: boolean): Generator<FieldError> {
  if (schemaOf(validation)) return
  for (const [i, version] of versions.entries()) {
    if (schemaOf(version.schema) || (optional && !version.served)) continue
    const why = optional ? 'because otherwise all fields are pruned' : ''
    yield required(`spec.versions[${i}].schema.openAPIV3Schema`, why)
  }
}

function* selectableErrors(fields: readonly SelectableField[], schema: JsonSchema | undefined, path: string) {
  const why = schema && unreadableSchema(schema)
  if (why) yield invalid(`${path}.schema.openAPIV3Schema`, '', why)
  yield* selectableFieldErrors(fields, why ? undefined : schema, `${path}.selectableFields`)
}

function* versionErrors(hoisted: Hoisted, leniency: Leniency): Generator<FieldError> {
  for (const [i, version] of hoisted.versions.entries()) {
    const path = `spec.versions[${i}]`
    const errors = isDns1035Label(version.name ?? '')
    if (errors.length) yield invalid(`${path}.name`, version.name ?? '', errors.join(','))
    yield* deprecationErrors(version, path)
    const schema = schemaOf(version.schema)
    const withStatus = hasStatus(version.subresources ?? hoisted.subresources)
    const isUnchanged = leniency.isUnchanged(version.name, schema)
    if (schema) yield* rootSchemaErrors(schema, `${path}.schema`, { ...leniency, withStatus, isUnchanged })
    yield* subresourceErrors(version.subresources, `${path}.subresources`)
    yield* columnErrors(version.additionalPrinterColumns, `${path}.additionalPrinterColumns`)
    if (!version.selectableFields?.length) continue
    if (schema) yield* selectableErrors(version.selectableFields, schema, path)
    else
      yield invalid(
        `${path}.selectableFields`,
        '',
        'may only be set when `version.schema.openAPIV3Schema` is not included',
      )
  }
}

function* versionSetErrors({ versions: given }: CustomResourceDefinitionSpec, { versions }: Hoisted) {
  const shown = given && versions.map(goVersion)
  const names = versions.map(version => version.name)
  if (new Set(names).size < names.length) yield invalid('spec.versions', shown, 'must contain unique version names')
  if (versions.filter(version => version.storage).length !== 1)
    yield invalid('spec.versions', shown, 'must have exactly one version marked as storage version')
  const [first] = names
  const errors = first ? isDns1035Label(first) : []
  if (errors.length) yield invalid('spec.version', first, errors.join(','))
}

function* commonErrors(hoisted: Hoisted, leniency: Leniency): Generator<FieldError> {
  const { validation, subresources, additionalPrinterColumns, selectableFields, versions } = hoisted
  const schema = schemaOf(validation)
  const withStatus = hasStatus(subresources) || versions.some(version => hasStatus(version.subresources))
  const isUnchanged = leniency.isUnchanged(versions[0]?.name ?? '', schema)
  if (schema) yield* rootSchemaErrors(schema, 'spec.validation', { ...leniency, withStatus, isUnchanged })
  yield* subresourceErrors(subresources, 'spec.subresources')
  yield* columnErrors(additionalPrinterColumns, 'spec.additionalPrinterColumns')
  if (!selectableFields?.length) return
  if (validation) yield* selectableErrors(selectableFields, schema, 'spec')
  else yield invalid('spec.selectableFields', '', 'may only be set when validations.schema is included')
}

function* specErrors(spec: CustomResourceDefinitionSpec, leniency: Leniency): Generator<FieldError> {
  const hoisted = hoist(spec)
  yield* groupErrors(spec)
  yield* scopeErrors(spec)
  yield* missingSchemas(hoisted, leniency.schemaOptional)
  yield* versionErrors(hoisted, leniency)
  yield* versionSetErrors(spec, hoisted)
  yield* requiredNames(spec.names, 'spec.names')
  yield* nameErrors(spec.names, 'spec.names')
  yield* commonErrors(hoisted, leniency)
  if (spec.preserveUnknownFields && spec.conversion && spec.conversion.strategy !== 'None')
    yield invalid(
      'spec.conversion.strategy',
      spec.conversion.strategy ?? '',
      'must be None if spec.preserveUnknownFields is true',
    )
  yield* conversionErrors(spec.conversion, 'spec.conversion', leniency.recognizedVersions)
}

function* storedVersionErrors({ spec, status }: CustomResourceDefinition): Generator<FieldError> {
  const path = 'status.storedVersions'
  const stored = status?.storedVersions ?? []
  if (!stored.length) {
    yield invalid(path, null, 'must have at least one stored version')
    return
  }
  const versions = spec.versions ?? []
  // A name that stands twice is found once.
  const open = new Set(stored)
  for (const { name, storage } of versions)
    if (!open.delete(name) && storage) yield invalid(path, stored, `must have the storage version ${name}`)
  for (const [i, name] of stored.entries()) {
    if (versions.some(version => version.name === name)) continue
    yield invalid(
      `${path}[${i}]`,
      name,
      `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`,
    )
  }
}

function* preserveErrors({ spec }: CustomResourceDefinition, old?: CustomResourceDefinition): Generator<FieldError> {
  if (!spec.preserveUnknownFields || old?.spec.preserveUnknownFields) return
  const why = 'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead'
  yield invalid('spec.preserveUnknownFields', true, why)
}

export const acceptedNameErrors = ({ status }: CustomResourceDefinition): Iterable<FieldError> =>
  nameErrors(status?.acceptedNames ?? { plural: '', kind: '' }, 'status.acceptedNames')

/** A definition is called by what it defines. */
export const definitionNameErrors = (name: string, prefix: boolean, { spec }: CustomResourceDefinition): string[] => [
  ...nameIsDnsSubdomain(name, prefix),
  ...(name === `${spec.names.plural ?? ''}.${spec.group ?? ''}` ? [] : ['must be spec.names.plural+"."+spec.group']),
]

/** The pattern engine must have been loaded. */
export function* definitionErrors(definition: CustomResourceDefinition): Generator<FieldError> {
  yield* specErrors(definition.spec, strict)
  yield* acceptedNameErrors(definition)
  yield* storedVersionErrors(definition)
  yield* approvalErrors(definition)
  yield* preserveErrors(definition)
}

export function* definitionUpdateErrors(
  definition: CustomResourceDefinition,
  old: CustomResourceDefinition,
): Generator<FieldError> {
  const { spec } = definition
  yield* specErrors(spec, leniencyFor(old))
  if (isConditionTrue(old, 'Established')) {
    yield* immutableField(spec.scope, old.spec.scope, 'spec.scope')
    yield* immutableField(spec.names.kind, old.spec.names.kind, 'spec.names.kind')
  }
  yield* immutableField(spec.group, old.spec.group, 'spec.group')
  yield* immutableField(spec.names.plural, old.spec.names.plural, 'spec.names.plural')
  yield* acceptedNameErrors(definition)
  yield* storedVersionErrors(definition)
  yield* approvalErrors(definition, old)
  yield* preserveErrors(definition, old)
}

/** Why a stored definition's schemas are not structural, in the words of the condition; undefined when they are. */
export function nonStructural({
  spec,
}: CustomResourceDefinition): { status: string; reason: string; message: string } | undefined {
  const errors: FieldError[] = []
  for (const [i, version] of spec.versions.entries()) {
    const schema = schemaOf(version.schema)
    if (!schema) continue
    const why = unreadableSchema(schema)
    if (why) {
      const message = `failed to check validation schema for version ${version.name}: ${why}`
      return { status: 'Unknown', reason: 'StructuralError', message }
    }
    errors.push(...structuralErrors(schema, `spec.versions[${i}].schema.openAPIV3Schema`))
  }
  if (!errors.length) return undefined
  const texts = [...new Set(errors.map(({ field, message }) => `${field}: ${message}`))]
  return { status: 'True', reason: 'Violations', message: texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]` }
}
