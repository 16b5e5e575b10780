/** ResourceSlice lists the devices of a pool, and from which nodes they can be used. */
import { type FieldError, invalid, required } from '../../machinery/field-error.js'
import { defineKind } from '../../machinery/kind.js'
import { givenEmpty } from '../../machinery/schema/given-empty.js'
import { validateNodeSelector } from '../core-v1/pod-spec/node-affinity.js'
import { validateCsiDriverName } from '../core-v1/pod-spec/volumes/csi.js'
import type { NodeSelector, NodeSelectorRequirement } from '../generated/core-v1.js'
import type { ResourcePool, ResourceSlice, ResourceSliceSpec } from '../generated/resource-v1.js'
import { age } from '../printing/age.js'
import { immutableField } from '../validation/immutable.js'
import { semanticEqual } from '../validation/semantic-equal.js'
import { validateDnsSubdomain } from '../validation/text.js'
import { dropDisabledFields, validateDevice } from './device.js'
import { nameKey, validateSet } from './lists.js'
import { validatePoolName } from './names.js'
import { columns } from './slice-columns.js'

const maxDevices = 128
const exactlyOne = 'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required'

function* validatePool({ name, resourceSliceCount, generation }: ResourcePool, path: string): Generator<FieldError> {
  yield* validatePoolName(name ?? '', `${path}.name`)
  if (resourceSliceCount <= 0)
    yield invalid(`${path}.resourceSliceCount`, resourceSliceCount, 'must be greater than zero')
  if (generation < 0) yield invalid(`${path}.generation`, generation, 'must be greater than or equal to zero')
}

function* validateNodes({ nodeName, nodeSelector, allNodes }: ResourceSliceSpec): Generator<FieldError> {
  const set: string[] = []
  if (nodeName) {
    set.push('`nodeName`')
    yield* validateDnsSubdomain(nodeName, 'spec.nodeName')
  } else if (nodeName === '')
    yield invalid('spec.nodeName', nodeName, 'must be either unset or set to a non-empty string')
  if (nodeSelector) {
    set.push('`nodeSelector`')
    yield* validateNodeSelector(nodeSelector, 'spec.nodeSelector')
    const terms = nodeSelector.nodeSelectorTerms ?? []
    if (terms.length !== 1)
      yield invalid(
        'spec.nodeSelector.nodeSelectorTerms',
        goNodeSelectorTerms(nodeSelector),
        'must have exactly one node selector term',
      )
  }
  if (allNodes) set.push('`allNodes`')
  else if (allNodes === false) yield invalid('spec.allNodes', allNodes, 'must be either unset or set to true')
  if (!set.length) yield required('spec', exactlyOne)
  if (set.length > 1) yield invalid('spec', `{${set.join(', ')}}`, `${exactlyOne}, but multiple fields are set`)
}

/** As upstream's internal types are printed. */
function goNodeSelectorTerms(selector: NodeSelector) {
  const terms = selector.nodeSelectorTerms ?? []
  const requirements = (list: readonly NodeSelectorRequirement[] | undefined) =>
    list?.map(({ key: Key, operator: Operator, values }) => ({ Key, Operator, Values: values ?? null })) ?? null
  return terms.length
    ? terms.map(term => ({
        MatchExpressions: requirements(term.matchExpressions),
        MatchFields: requirements(term.matchFields),
      }))
    : (givenEmpty(selector, 'nodeSelectorTerms') ?? null)
}

function* validateSpec({ spec }: ResourceSlice, old?: ResourceSlice): Generator<FieldError> {
  yield* validateCsiDriverName(spec.driver ?? '', 'spec.driver')
  yield* validatePool(spec.pool, 'spec.pool')
  if (old) {
    yield* immutableField(spec.pool.name, old.spec.pool.name, 'spec.pool.name')
    yield* immutableField(spec.driver, old.spec.driver, 'spec.driver')
    yield* immutableField(spec.nodeName, old.spec.nodeName, 'spec.nodeName')
  }
  yield* validateNodes(spec)
  yield* validateSet({ items: spec.devices, max: maxDevices, path: 'spec.devices' }, validateDevice, nameKey)
}

/** The gate DRAPartitionableDevices is off in v1.34. */
function dropDisabled({ spec }: ResourceSlice): void {
  delete spec.sharedCounters
  delete spec.perDeviceNodeSelection
  for (const device of spec.devices ?? []) dropDisabledFields(device)
}

/** What is dropped counts as a change all the same. */
function prepareForUpdate(slice: ResourceSlice, { spec, metadata: { generation = 0 } }: ResourceSlice): void {
  if (!semanticEqual(slice.spec, spec)) slice.metadata.generation = generation + 1
  dropDisabled(slice)
}

export const resourceSlice = defineKind<ResourceSlice>({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceSlice',
  scope: 'Cluster',
  names: { plural: 'resourceslices' },
  storageVersion: 'v1beta2',

  updateChecks: ['metaUpdate', 'change'],
  validateCreate: slice => validateSpec(slice),
  validateUpdate: (slice, old) => validateSpec(slice, old),

  strategy: { prepareForCreate: dropDisabled, prepareForUpdate },
  unsupportedField: field => `field label not supported for resource.k8s.io/v1, Kind=ResourceSlice: ${field}`,
  selectableFields: {
    'spec.nodeName': ({ spec }) => spec.nodeName ?? '',
    'spec.driver': ({ spec }) => spec.driver,
  },
  printerColumns: [...columns, age],
})
