/** One device of a ResourceSlice: its attributes and capacities. */
import { type FieldError, invalid, required, tooLong } from '../../machinery/field-error.js'
import type { Device, DeviceAttribute } from '../generated/resource-v1.js'
import { validateDnsLabel } from '../validation/text.js'
import { shownKey, validateQualifiedName } from './names.js'

const maxAttributesAndCapacities = 32
const maxText = 64
const number = '(0|[1-9]\\d*)'
const preRelease = '(0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*)'
const build = '[0-9a-zA-Z-]+'
const semver = new RegExp(
  `^${number}\\.${number}\\.${number}(-${preRelease}(\\.${preRelease})*)?(\\+${build}(\\.${build})*)?$`,
)

/** As upstream's internal type is printed. */
const goForm = ({ int, bool, string, version }: DeviceAttribute) => ({
  IntValue: int ?? null,
  BoolValue: bool ?? null,
  StringValue: string ?? null,
  VersionValue: version ?? null,
})

function* validateAttribute(attribute: DeviceAttribute, path: string): Generator<FieldError> {
  const { string, version } = attribute
  if (string !== undefined && Buffer.byteLength(string) > maxText) yield tooLong(`${path}.string`, maxText)
  if (version !== undefined) {
    if (!semver.test(version))
      yield invalid(`${path}.version`, version, 'must be a string compatible with semver.org spec 2.0.0')
    if (Buffer.byteLength(version) > maxText) yield tooLong(`${path}.version`, maxText)
  }
  const count = Object.values(attribute).filter(value => value !== undefined).length
  const exactlyOne = 'exactly one value must be specified'
  if (count === 0) yield required(path, exactlyOne)
  if (count > 1) yield invalid(path, goForm(attribute), exactlyOne)
}

export function* validateDevice(device: Device, path: string): Generator<FieldError> {
  const attributes = Object.entries(device.attributes ?? {})
  const capacities = Object.keys(device.capacity ?? {})
  yield* validateDnsLabel(device.name ?? '', `${path}.name`)
  const total = attributes.length + capacities.length
  if (total > maxAttributesAndCapacities)
    yield invalid(
      path,
      total,
      `the total number of attributes and capacities must not exceed ${maxAttributesAndCapacities}`,
    )
  for (const [key, attribute] of attributes) {
    const at = `${path}.attributes[${shownKey(key)}]`
    yield* validateQualifiedName(key, at)
    yield* validateAttribute(attribute, at)
  }
  for (const key of capacities) yield* validateQualifiedName(key, `${path}.capacity[${shownKey(key)}]`)
}

/** Drops the fields of the gates DRADeviceTaints, DRAPartitionableDevices, DRADeviceBindingConditions and DRAConsumableCapacity: all off in v1.34. */
export function dropDisabledFields(device: Device): void {
  delete device.taints
  delete device.consumesCounters
  delete device.nodeName
  delete device.nodeSelector
  delete device.allNodes
  delete device.bindingConditions
  delete device.bindingFailureConditions
  delete device.bindsToNode
  delete device.allowMultipleAllocations
  for (const capacity of Object.values(device.capacity ?? {})) delete capacity.requestPolicy
}
