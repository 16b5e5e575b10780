/** A stock server stores CustomResourceDefinitions as v1beta1, where what all versions share stands once, beside them. */
import type { AnyObject } from '../machinery/object-meta.js'

type Fields = Record<string, unknown>

interface OldColumn extends Fields {
  JSONPath?: string
}

interface OldVersion extends Fields {
  additionalPrinterColumns?: OldColumn[]
}

interface OldSpec extends Fields {
  /** The name of the first version. */
  version?: string
  versions?: OldVersion[]
  validation?: object
  subresources?: object
  additionalPrinterColumns?: OldColumn[]
  selectableFields?: object[]
  conversion?: { strategy?: string; webhookClientConfig?: object; conversionReviewVersions?: string[] }
  preserveUnknownFields?: boolean
}

const newColumn = ({ JSONPath, ...column }: OldColumn): Fields => ({ ...column, jsonPath: JSONPath })

/** `shared`: what holds for every version that has nothing of its own. */
function newVersion(version: OldVersion, shared: OldSpec): Fields {
  const {
    schema = shared.validation,
    subresources = shared.subresources,
    additionalPrinterColumns: columns = shared.additionalPrinterColumns,
    selectableFields = shared.selectableFields,
    ...rest
  } = version
  return {
    ...rest,
    ...(schema !== undefined && { schema }),
    ...(subresources !== undefined && { subresources }),
    ...(selectableFields !== undefined && { selectableFields }),
    ...(columns !== undefined && { additionalPrinterColumns: columns.map(newColumn) }),
  }
}

function newConversion({
  strategy,
  webhookClientConfig,
  conversionReviewVersions,
}: NonNullable<OldSpec['conversion']>) {
  if (!webhookClientConfig && !conversionReviewVersions) return { strategy }
  const webhook = {
    ...(webhookClientConfig && { clientConfig: webhookClientConfig }),
    conversionReviewVersions: conversionReviewVersions ?? [],
  }
  return { strategy, webhook }
}

/** From apiextensions.k8s.io/v1beta1 to v1. */
export function currentDefinition(definition: AnyObject): AnyObject {
  const {
    version,
    versions,
    conversion,
    preserveUnknownFields,
    validation: _validation,
    subresources: _subresources,
    additionalPrinterColumns: _columns,
    selectableFields: _fields,
    ...rest
  } = definition.spec as OldSpec
  const old = versions?.length ? versions : [{ name: version, served: true, storage: true }]
  return {
    ...definition,
    apiVersion: 'apiextensions.k8s.io/v1',
    spec: {
      ...rest,
      versions: old.map(one => newVersion(one, definition.spec as OldSpec)),
      ...(conversion && { conversion: newConversion(conversion) }),
      ...(preserveUnknownFields && { preserveUnknownFields }),
    },
  }
}
