/** Expressions that choose devices: `device.attributes["dra.example.com"].model == "x"`. */

import type { Environment, StructDeclaration } from './declarations.js'
import { compileExpression, newEnvironment } from './environment.js'
import { estimateCost, type SizeOf } from './estimate.js'
import { CelProgramError } from './invocation.js'
import { CelCompileError } from './source.js'
import { type CelType, parseType, resultTypeName, stringType, structType } from './types.js'

/** No selector may cost more, by its estimate. */
export const maxSelectorCost = 1_000_000

/** Elements and characters, at most: limits of resource.k8s.io. */
const [maxNames, maxDomain, maxId, maxDriver, maxValue] = [32, 63, 32, 63, 64]

const attributes = 'map(string, map(string, any))'
const fields = new Map<string, CelType>([
  ['driver', stringType],
  ['attributes', parseType(attributes)],
  ['capacity', parseType('map(string, map(string, struct:kubernetes.Quantity))')],
])
export const deviceTypeName = 'kubernetes.DRADevice'
/** Without what the gate DRAConsumableCapacity adds: it is off in v1.34. */
const device: StructDeclaration = { name: deviceTypeName, field: name => fields.get(name) }

let environment: Environment | undefined

/** Of expressions about a device. */
export const deviceEnvironment = (): Environment =>
  (environment ??= {
    ...newEnvironment({ variables: { device: structType(device.name) }, structs: [device] }),
    bindings: true,
  })

const upTo = (max: number) => ({ min: 0, max })

/** Values of attributes have a known size whatever their names; of other names nothing is known. */
const sizeOf: SizeOf = path => {
  const [root, field, domain, id, ...deeper] = path ?? []
  if (root !== 'device' || deeper.length) return undefined
  if (field === undefined) return upTo(0)
  if (field === 'driver') return domain === undefined ? upTo(maxDriver) : undefined
  if (field !== 'attributes' && field !== 'capacity') return undefined
  if (domain === undefined) return upTo(maxNames)
  if (domain === '@keys') return id === undefined ? upTo(maxDomain) : undefined
  if (domain !== '@values' && domain !== '@items') return undefined
  if (id === undefined) return upTo(maxNames)
  if (id === '@keys') return upTo(maxId)
  if (field === 'attributes') return upTo(maxValue)
  return id === '@values' || id === '@items' ? upTo(0) : undefined
}

/** `invalid`: what is wrong with the text, in upstream's words; `internal`: with what it asks for. */
export type DeviceSelector = { maxCost: number } | { invalid: string } | { internal: string }

/** The pattern engine must have been loaded. */
export function compileDeviceSelector(text: string): DeviceSelector {
  try {
    const compiled = compileExpression(text, deviceEnvironment())
    const { resultType } = compiled
    if (resultType.kind !== 'bool' && resultType.kind !== 'any')
      return { invalid: `must evaluate to bool or the unknown type, not ${resultTypeName(resultType)}` }
    return { maxCost: estimateCost(compiled, sizeOf).max }
  } catch (error) {
    if (error instanceof CelCompileError) return { invalid: `compilation failed: ${error.message}` }
    if (error instanceof CelProgramError) return { internal: `program instantiation failed: ${error.message}` }
    throw error
  }
}
