/** A definition as upstream validates it: what all versions say alike is said once, for the whole definition. */
import type {
  CustomResourceColumnDefinition,
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionVersion,
  CustomResourceSubresources,
  CustomResourceValidation,
  SelectableField,
} from '../generated/apiextensions-v1.js'
import { semanticEqual } from '../validation/semantic-equal.js'

interface HoistedSpec {
  validation?: CustomResourceValidation
  subresources?: CustomResourceSubresources
  additionalPrinterColumns?: CustomResourceColumnDefinition[]
  selectableFields?: SelectableField[]
  /** Without what is said for all of them. */
  versions: CustomResourceDefinitionVersion[]
}

const movable = ['schema', 'subresources', 'additionalPrinterColumns', 'selectableFields'] as const

export function hoist({ versions }: CustomResourceDefinitionSpec): HoistedSpec {
  const [first] = versions ?? []
  if (!first) return { versions: [] }
  const common = movable.filter(name => versions.every(version => semanticEqual(version[name], first[name])))
  const rest = versions.map(version => {
    const copy = { ...version }
    for (const name of common) delete copy[name]
    return copy
  })
  const of = <N extends (typeof movable)[number]>(name: N) => (common.includes(name) ? first[name] : undefined)
  const { schema, subresources, additionalPrinterColumns, selectableFields } = {
    schema: of('schema'),
    subresources: of('subresources'),
    additionalPrinterColumns: of('additionalPrinterColumns'),
    selectableFields: of('selectableFields'),
  }
  return {
    versions: rest,
    ...(schema && { validation: schema }),
    ...(subresources && { subresources }),
    ...(additionalPrinterColumns && { additionalPrinterColumns }),
    ...(selectableFields && { selectableFields }),
  }
}
