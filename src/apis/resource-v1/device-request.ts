/** One request of a claim: so many devices of a class, or the first of several such alternatives that can be had. */
import { compileDeviceSelector, maxSelectorCost } from '../../machinery/cel/device-selector.js'
import {
  type FieldError,
  forbidden,
  internalFieldError,
  invalid,
  notSupported,
  required,
  tooLong,
} from '../../machinery/field-error.js'
import { isValidLabelValue } from '../../machinery/names.js'
import type {
  DeviceRequest,
  DeviceSelector,
  DeviceSubRequest,
  DeviceToleration,
  ExactDeviceRequest,
} from '../generated/resource-v1.js'
import { formatErrors, validateDnsLabel, validateDnsSubdomain, validateQualifiedName } from '../validation/text.js'
import { nameKey, validateList, validateSet } from './lists.js'

const maxAlternatives = 8
const maxSelectors = 32
const maxExpression = 10 * 1024
const modes = ['All', 'ExactCount']
const operators = ['Equal', 'Exists']
const effects = ['NoExecute', 'NoSchedule']
const exactlyOne = 'exactly one of `exactly` or `firstAvailable` is required'

function* validateSelector({ cel }: DeviceSelector, path: string): Generator<FieldError> {
  if (!cel) yield required(`${path}.cel`)
  else if (Buffer.byteLength(cel.expression ?? '') > maxExpression)
    yield tooLong(`${path}.cel.expression`, maxExpression)
  else yield* validateExpression(cel.expression ?? '', `${path}.cel.expression`)
}

function* validateExpression(expression: string, path: string): Generator<FieldError> {
  const result = compileDeviceSelector(expression)
  if ('invalid' in result) yield invalid(path, expression, result.invalid)
  else if ('internal' in result) yield internalFieldError(path, result.internal)
  else if (result.maxCost > maxSelectorCost) yield forbidden(path, 'too complex, exceeds cost limit')
}

/** The pattern engine must have been loaded: expressions are compiled. */
export const validateSelectors = (items: readonly DeviceSelector[] | undefined, path: string) =>
  validateList({ items, max: maxSelectors, path }, validateSelector)

function* validateToleration(toleration: DeviceToleration, path: string): Generator<FieldError> {
  const { key, operator, value = '', effect } = toleration
  if (key) yield* validateQualifiedName(key, `${path}.key`)
  if (operator === 'Exists') {
    if (value) yield invalid(`${path}.value`, value, 'must be empty for operator `Exists`')
  } else if (operator === 'Equal') yield* formatErrors(isValidLabelValue, value, `${path}.value`)
  else if (!operator) yield required(`${path}.operator`)
  else yield notSupported(`${path}.operator`, operator, operators)
  if (effect && !effects.includes(effect)) yield notSupported(`${path}.effect`, effect, effects)
}

function* validateMode(
  { allocationMode: mode = '', count = 0 }: ExactDeviceRequest,
  path: string,
): Generator<FieldError> {
  if (mode === 'All') {
    if (count) yield invalid(`${path}.count`, count, "must not be specified when allocationMode is 'All'")
  } else if (mode === 'ExactCount') {
    if (count <= 0) yield invalid(`${path}.count`, count, 'must be greater than zero')
  } else yield notSupported(`${path}.allocationMode`, mode, modes)
}

function* validateExact(request: ExactDeviceRequest, path: string): Generator<FieldError> {
  const { deviceClassName, selectors, tolerations = [] } = request
  if (!deviceClassName) yield required(`${path}.deviceClassName`)
  else yield* validateDnsSubdomain(deviceClassName, `${path}.deviceClassName`)
  yield* validateSelectors(selectors, `${path}.selectors`)
  yield* validateMode(request, path)
  for (const [i, toleration] of tolerations.entries())
    yield* validateToleration(toleration, `${path}.tolerations[${i}]`)
}

export function* validateDeviceRequest(request: DeviceRequest, path: string): Generator<FieldError> {
  const { name, exactly, firstAvailable: alternatives } = request
  yield* validateDnsLabel(name ?? '', `${path}.name`)
  const list = { items: alternatives, max: maxAlternatives, path: `${path}.firstAvailable` }
  if (alternatives?.length)
    yield* validateSet<DeviceSubRequest>(
      list,
      function* (alternative, at) {
        yield* validateDnsLabel(alternative.name ?? '', `${at}.name`)
        yield* validateExact(alternative, at)
      },
      nameKey,
    )
  if (exactly) yield* validateExact(exactly, `${path}.exactly`)
  if (!alternatives?.length && !exactly) yield required(path, exactlyOne)
  if (alternatives?.length && exactly) yield invalid(path, null, `${exactlyOne}, but multiple fields are set`)
}

/** One device, unless the request says otherwise. */
export function defaultDeviceRequest({ exactly, firstAvailable = [] }: DeviceRequest): void {
  for (const request of exactly ? [exactly, ...firstAvailable] : firstAvailable) {
    request.allocationMode ||= 'ExactCount'
    if (request.allocationMode === 'ExactCount') request.count ||= 1
  }
}
