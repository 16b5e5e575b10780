/** CSINode lists the CSI drivers that run on a node. */
import { duplicate, type FieldError, invalid, required } from '../../machinery/field-error.js'
import { defineKind } from '../../machinery/kind.js'
import { givenEmpty } from '../../machinery/schema/given-empty.js'
import { validateCsiDriverName } from '../core-v1/pod-spec/volumes/csi.js'
import type { CSINode, CSINodeDriver } from '../generated/storage-v1.js'
import { age } from '../printing/age.js'
import { nonNegative } from '../validation/numbers.js'
import { semanticEqual } from '../validation/semantic-equal.js'
import { validateQualifiedName } from '../validation/text.js'

const maxNodeIdLength = 256

function* validateDriver(driver: CSINodeDriver, path: string): Generator<FieldError> {
  const { name, nodeID, allocatable, topologyKeys } = driver
  yield* validateCsiDriverName(name, `${path}.name`)
  if (!nodeID) yield required(`${path}.nodeID`)
  else if (nodeID.length > maxNodeIdLength)
    yield invalid(`${path}.nodeID`, nodeID, `must be ${maxNodeIdLength} characters or less`)
  yield* nonNegative(allocatable?.count, `${path}.allocatable.count`)
  const seen = new Set<string>()
  for (const key of topologyKeys ?? []) {
    if (!key) yield required(path)
    if (seen.has(key)) yield duplicate(path, key)
    seen.add(key)
    yield* validateQualifiedName(key, path)
  }
}

/** As upstream's messages print it: its internal type has no JSON names. */
const goForm = (driver: CSINodeDriver) => ({
  Name: driver.name,
  NodeID: driver.nodeID,
  TopologyKeys: driver.topologyKeys ?? givenEmpty(driver, 'topologyKeys') ?? null,
  Allocatable: driver.allocatable ? { Count: driver.allocatable.count ?? null } : null,
})

export const csiNode = defineKind<CSINode>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSINode',
  scope: 'Cluster',
  names: { plural: 'csinodes' },

  updateChecks: ['meta', 'spec', 'meta', 'spec', 'change'],
  *validate({ spec }) {
    const seen = new Set<string>()
    for (const [i, driver] of (spec.drivers ?? []).entries()) {
      yield* validateDriver(driver, `spec.drivers[${i}]`)
      if (seen.has(driver.name)) yield duplicate(`spec.drivers[${i}].name`, driver.name)
      seen.add(driver.name)
    }
  },
  *validateUpdate({ spec }, { spec: old }) {
    for (const before of old.drivers ?? [])
      for (const now of spec.drivers ?? [])
        if (now.name === before.name && (!semanticEqual(now, before) || givenEmpty(now, 'topologyKeys')))
          yield invalid('spec.drivers', goForm(now), 'field is immutable')
  },

  strategy: { allowUnconditionalUpdate: false, bumpGenerationOn: [] },
  printerColumns: [
    {
      name: 'Drivers',
      type: 'integer',
      description: 'Drivers indicates the number of CSI drivers registered on the node',
      of: ({ spec }) => spec.drivers?.length ?? 0,
    },
    age,
  ],
})
