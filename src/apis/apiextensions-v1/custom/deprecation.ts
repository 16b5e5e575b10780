/** What clients of a deprecated version of a custom resource are told. */
import type { CustomResourceDefinitionSpec, CustomResourceDefinitionVersion } from '../../generated/apiextensions-v1.js'
import { compareVersions } from './version-order.js'

/** Undefined for versions that are not deprecated. */
export function deprecationWarningOf(
  { group, names, versions }: CustomResourceDefinitionSpec,
  { name, deprecated, deprecationWarning }: CustomResourceDefinitionVersion,
): string | undefined {
  if (!deprecated) return undefined
  if (deprecationWarning !== undefined) return deprecationWarning
  const newer = versions.filter(v => v.served && !v.deprecated && compareVersions(v.name, name) < 0)
  const [best] = newer.map(v => v.name).sort(compareVersions)
  const text = `${group}/${name} ${names.kind} is deprecated`
  return best ? `${text}; use ${group}/${best} ${names.kind}` : text
}
