/** The numbers and the selector that a custom resource's scale subresource reads, and what is wrong with them. */
import { type FieldError, invalid } from '../../../machinery/field-error.js'
import { isGoInteger } from '../../../machinery/go-number.js'
import { formatGo, goTypeOf } from '../../../machinery/patch/go-format.js'
import { isJsonObject } from '../../../machinery/structural/json-schema.js'
import type { CustomResourceSubresourceScale } from '../../generated/apiextensions-v1.js'

const maxReplicas = 2147483647

/** The value at a simple path; throws an Error in Go's words when a step is no object. */
function valueAt(object: unknown, path: string): unknown {
  const names = path.replace(/^\./, '').split('.')
  let value = object
  for (const [i, name] of names.entries()) {
    if (value === null || value === undefined) return undefined
    if (!isJsonObject(value)) {
      const at = `.${names.slice(0, i + 1).join('.')}`
      throw new Error(
        `${at} accessor error: ${formatGo(value)} is of the type ${goTypeOf(value)}, expected map[string]interface{}`,
      )
    }
    value = Object.hasOwn(value, name) ? value[name] : undefined
  }
  return value
}

const wrongType = (path: string, value: unknown, wanted: string) =>
  new Error(`${path} accessor error: ${formatGo(value)} is of the type ${goTypeOf(value)}, expected ${wanted}`)

function* replicaErrors(object: unknown, path: string): Generator<FieldError> {
  try {
    const value = valueAt(object, path)
    if (value === undefined) return
    if (!isGoInteger(value)) throw wrongType(path, value, 'int64')
    if (value < 0) yield invalid(path, value, 'should be a non-negative integer')
    else if (value > maxReplicas) yield invalid(path, value, `should be less than or equal to ${maxReplicas}`)
  } catch (error) {
    yield invalid(path, 0, (error as Error).message)
  }
}

function* selectorErrors(object: unknown, path: string): Generator<FieldError> {
  try {
    const value = valueAt(object, path)
    if (value !== undefined && typeof value !== 'string') throw wrongType(path, value, 'string')
  } catch (error) {
    yield invalid(path, '', (error as Error).message)
  }
}

export const scaleSpecErrors = (object: unknown, scale: CustomResourceSubresourceScale): Iterable<FieldError> =>
  replicaErrors(object, scale.specReplicasPath)

export function* scaleStatusErrors(object: unknown, scale: CustomResourceSubresourceScale): Generator<FieldError> {
  yield* replicaErrors(object, scale.statusReplicasPath)
  if (scale.labelSelectorPath) yield* selectorErrors(object, scale.labelSelectorPath)
}

/** The label selector; `''` where there is none. */
export function scaleSelector(object: unknown, { labelSelectorPath }: CustomResourceSubresourceScale): string {
  if (!labelSelectorPath) return ''
  const value = valueAt(object, labelSelectorPath)
  return typeof value === 'string' ? value : ''
}
