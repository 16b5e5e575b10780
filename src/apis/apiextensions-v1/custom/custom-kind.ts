/** Makes kinds of a CustomResourceDefinition: the same declaration as built-in ones have, for each version that is served. */
import { cloneJson } from '../../../machinery/clone.js'
import { evaluateSteps } from '../../../machinery/json-path/evaluate.js'
import { parseJsonPath } from '../../../machinery/json-path/parse.js'
import {
  allVerbs,
  defineKind,
  type Kind,
  type Scope,
  type Strategy,
  type WriteContext,
} from '../../../machinery/kind.js'
import type { AnyObject } from '../../../machinery/object-meta.js'
import type { SchemaSet } from '../../../machinery/schema/types.js'
import { forbiddenError } from '../../../machinery/status-error.js'
import { applySchemaDefaults } from '../../../machinery/structural/apply-defaults.js'
import type { JsonSchema } from '../../../machinery/structural/json-schema.js'
import { ruleTree } from '../../../machinery/structural/rule-tree.js'
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionVersion,
  SelectableField,
} from '../../generated/apiextensions-v1.js'
import { semanticEqual } from '../../validation/semantic-equal.js'
import { newCustomCodec } from './custom-codec.js'
import { type CustomRules, customErrors, customStatusErrors } from './custom-validation.js'
import { deprecationWarningOf } from './deprecation.js'
import { finalizerWarnings } from './finalizer-warnings.js'
import { customColumns, printedValue } from './printer-columns.js'
import { scaleSelector } from './scale-fields.js'

export interface CustomKindOptions {
  builtin: SchemaSet
  /** The definition is being deleted: nothing new is taken. */
  isTerminating(): boolean
}

/** Everything but metadata, and the status where it is written apart. */
const contents = ({ metadata: _, ...rest }: AnyObject) => rest

function strategyOf({ spec }: CustomResourceDefinition, isTerminating: () => boolean): Strategy<AnyObject> {
  const { group, names } = spec
  return {
    bumpGenerationOn: [],
    allowUnconditionalUpdate: false,
    prepareForCreate(object) {
      const why = 'create not allowed while custom resource definition is terminating'
      const resource = { group, names: { plural: names.plural, singular: names.plural } }
      if (isTerminating()) throw forbiddenError(resource, object.metadata.name ?? '', why)
      object.metadata.generation = 1
    },
    prepareForUpdate(object, old, { subresource }) {
      if (subresource === 'status') {
        const { resourceVersion, managedFields } = object.metadata
        object.metadata = cloneJson(old.metadata)
        object.metadata.resourceVersion = resourceVersion
        if (managedFields) object.metadata.managedFields = managedFields
        else delete object.metadata.managedFields
      } else if (!semanticEqual(contents(object), contents(old)))
        object.metadata.generation = (old.metadata.generation ?? 0) + 1
    },
  }
}

const selectable = (fields: readonly SelectableField[] = []) =>
  Object.fromEntries(
    fields.map(({ jsonPath }) => {
      const steps = parseJsonPath(jsonPath)
      const read = (object: AnyObject) => {
        const [value] = evaluateSteps(steps, object)
        return value === undefined || value === null ? '' : printedValue(value)
      }
      return [jsonPath.replace(/^\./, ''), read]
    }),
  )

function subresourcesOf(version: CustomResourceDefinitionVersion, rules: CustomRules) {
  const { status, scale } = version.subresources ?? {}
  return {
    ...(status && {
      status: {
        validateUpdate: (object: AnyObject, old: AnyObject, context: WriteContext) =>
          customStatusErrors(rules, { object, old }, context),
      },
    }),
    ...(scale && {
      scale: {
        replicas: scale.specReplicasPath.replace(/^\./, ''),
        current: scale.statusReplicasPath.replace(/^\./, ''),
        selector: (object: AnyObject) => scaleSelector(object, scale),
      },
    }),
  }
}

/** Verbs that discovery tells of, in upstream's order. */
const shownVerbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'] as const
const terminatingVerbs = ['delete', 'deletecollection', 'get', 'list', 'watch'] as const

/** The kind of one version; the names are those that were accepted. The pattern engine must have been loaded. */
export function customKind(
  definition: CustomResourceDefinition,
  version: CustomResourceDefinitionVersion,
  options: CustomKindOptions,
): Kind<AnyObject> {
  const { spec, status } = definition
  const { acceptedNames: accepted = spec.names } = status ?? {}
  const schema = (version.schema?.openAPIV3Schema ?? {}) as JsonSchema
  const name = `${spec.group}/${version.name}.${accepted.kind}`
  const rules: CustomRules = {
    schema,
    scale: version.subresources?.scale,
    tree: ruleTree(schema, true),
  }
  const deprecationWarning = deprecationWarningOf(spec, version)
  return defineKind<AnyObject>({
    group: spec.group,
    version: version.name,
    kind: accepted.kind,
    ...(accepted.listKind && { listKind: accepted.listKind }),
    scope: spec.scope as Scope,
    names: {
      plural: accepted.plural,
      ...(accepted.singular && { singular: accepted.singular }),
      ...(accepted.shortNames && { shortNames: accepted.shortNames }),
      ...(accepted.categories && { categories: accepted.categories }),
    },
    verbs: allVerbs,
    storageVersion: spec.versions.find(candidate => candidate.storage)?.name ?? version.name,
    schema: name,
    anyFinalizers: true,
    custom: {
      ...newCustomCodec({ schema, name, builtin: options.builtin }),
      schema,
      verbs: () => (options.isTerminating() ? terminatingVerbs : shownVerbs),
    },
    setDefaults: object => applySchemaDefaults(object, schema),
    validateCreate: (object, context) => customErrors(rules, { object }, context),
    validateUpdate: (object, old, context) => customErrors(rules, { object, old }, context),
    warnings: (object, old) => finalizerWarnings(object.metadata, old?.metadata),
    ...(deprecationWarning && { deprecationWarning }),
    strategy: strategyOf(definition, options.isTerminating),
    subresources: subresourcesOf(version, rules),
    printerColumns: customColumns(version.additionalPrinterColumns),
    selectableFields: selectable(version.selectableFields),
  })
}
