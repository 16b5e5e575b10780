/** Checks of a pod's own `resources` against those of its containers. */
import { type FieldError, forbidden, invalid } from '../../../machinery/field-error.js'
import { compareQuantity, formatQuantity } from '../../../machinery/quantity.js'
import { givenEmpty } from '../../../machinery/schema/given-empty.js'
import type { PodSpec, ResourceRequirements } from '../../generated/core-v1.js'
import { aggregateContainerResources } from '../pod-resources.js'
import { isHugePages } from '../resource-names.js'
import { validateResourceClaims } from './resource-claims.js'
import { validatePodLevelRequirements } from './resources.js'

/** The pod's own amount may not be below the sum of its containers'. */
function* validateAtLeastContainers(spec: PodSpec, list: 'requests' | 'limits', path: string): Generator<FieldError> {
  for (const [name, sum] of Object.entries(aggregateContainerResources({ spec }, list))) {
    const own = spec.resources?.[list]?.[name]
    if (own === undefined || (list === 'limits' && !isHugePages(name))) continue
    if (compareQuantity(sum, own) > 0)
      yield invalid(
        `${path}.${list}[${name}]`,
        formatQuantity(own),
        `must be greater than or equal to aggregate container ${list} of ${formatQuantity(sum)}`,
      )
  }
}

function* validateContainerLimits(
  spec: PodSpec,
  { limits = {} }: ResourceRequirements,
  path: string,
): Generator<FieldError> {
  for (const [i, container] of (spec.containers ?? []).entries()) {
    for (const [name, limit] of Object.entries(container.resources?.limits ?? {})) {
      const own = limits[name]
      if (own !== undefined && compareQuantity(limit, own) > 0)
        yield invalid(
          `${path}.containers[${i}][${name}].limits`,
          formatQuantity(limit),
          `must be less than or equal to pod limits of ${formatQuantity(own)}`,
        )
    }
  }
}

/** spec.resources. */
export function* validatePodLevelResources(
  spec: PodSpec,
  claimNames: ReadonlySet<string>,
  path: string,
): Generator<FieldError> {
  const { resources, os } = spec
  if (!resources) return
  if (os?.name === 'windows') return yield forbidden(path, 'may not be set for a windows pod')
  if (resources.claims || givenEmpty(resources, 'claims'))
    yield forbidden(`${path}.claims`, 'claims may not be set for Resources at pod-level')
  yield* validatePodLevelRequirements(resources, path)
  yield* validateResourceClaims(resources.claims, claimNames, `${path}.claims`)
  yield* validateAtLeastContainers(spec, 'requests', path)
  yield* validateAtLeastContainers(spec, 'limits', path)
  yield* validateContainerLimits(spec, resources, path)
}
