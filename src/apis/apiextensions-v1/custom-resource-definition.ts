/** CustomResourceDefinition adds a kind to the server while it runs: what `kubectl apply -f crd.yaml` installs. */
import { defineKind } from '../../machinery/kind.js'
import { knownFormat } from '../../machinery/structural/formats.js'
import { type JsonSchema, someSchema } from '../../machinery/structural/json-schema.js'
import type { CustomResourceDefinition } from '../generated/apiextensions-v1.js'
import {
  acceptedNameErrors,
  definitionErrors,
  definitionNameErrors,
  definitionUpdateErrors,
} from './definition-validation.js'

/** Remembers in which versions objects may lie in the store. */
function addStoredVersion({ spec, status }: CustomResourceDefinition): void {
  const stored = spec.versions?.find(version => version.storage)?.name
  if (stored === undefined || !status || status.storedVersions?.includes(stored)) return
  status.storedVersions = [...(status.storedVersions ?? []), stored]
}

function unknownFormats({ spec }: CustomResourceDefinition): string[] {
  const found: string[] = []
  for (const { schema } of spec.versions ?? [])
    someSchema(schema?.openAPIV3Schema as JsonSchema | undefined, ({ type, format }) => {
      if (format && type === 'string' && !knownFormat(format)) found.push(format)
      return false
    })
  return found
}

/** Its validation needs the pattern engine: the registry loads it before. */
export const customResourceDefinition = defineKind<CustomResourceDefinition>({
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  scope: 'Cluster',
  names: { plural: 'customresourcedefinitions', shortNames: ['crd', 'crds'], categories: ['api-extensions'] },
  storageVersion: 'v1beta1',
  anyFinalizers: true,

  setDefaults(definition) {
    const { names, versions, conversion } = definition.spec
    names.singular ||= names.kind?.toLowerCase() || undefined
    if (names.kind) names.listKind ||= `${names.kind}List`
    definition.spec.conversion ??= { strategy: 'None' }
    const service = conversion?.webhook?.clientConfig?.service
    if (service) service.port ??= 443
    definition.status ??= {}
    const { status } = definition
    const stored = versions?.find(version => version.storage)?.name
    if (!status.storedVersions?.length && stored !== undefined) status.storedVersions = [stored]
  },

  validateCreate: definitionErrors,
  validateUpdate: definitionUpdateErrors,
  warnings(definition, old) {
    const before = old ? unknownFormats(old) : []
    const added = unknownFormats(definition).filter(format => !before.includes(format))
    return added.map(format => `unrecognized format ${JSON.stringify(format)}`)
  },

  strategy: {
    ownPreconditions: true,
    bumpGenerationOn: ['spec'],
    allowUnconditionalUpdate: false,
    validateName: definitionNameErrors,
    prepareForCreate(definition) {
      definition.status = {}
      addStoredVersion(definition)
    },
    prepareForUpdate(definition, _old, { subresource }) {
      if (subresource !== 'status') addStoredVersion(definition)
    },
  },
  subresources: { status: { validateUpdate: acceptedNameErrors } },
})
