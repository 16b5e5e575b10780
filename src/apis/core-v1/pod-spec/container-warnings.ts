/** Warnings about one container: fractional bytes, variables that hide others. */
import { formatQuantity, quantityMilliValue } from '../../../machinery/quantity.js'
import type { Container, EnvVar, EphemeralContainer } from '../../generated/core-v1.js'

function* resourceWarnings({ resources }: Container | EphemeralContainer, path: string): Generator<string> {
  for (const name of ['memory', 'ephemeral-storage'] as const) {
    for (const list of ['limits', 'requests'] as const) {
      const quantity = resources?.[list]?.[name]
      if (quantity !== undefined && quantityMilliValue(quantity) % 1000 !== 0)
        yield `${path}.resources.${list}[${name}]: fractional byte value ${JSON.stringify(formatQuantity(quantity))} is invalid, must be an integer`
    }
  }
}

/** `X=abc; X=$(X)123` is fine: the second builds on the first. */
const hidesPrevious = ({ name, value = '', valueFrom }: EnvVar): boolean => {
  const reference = `$(${name})`
  return valueFrom !== undefined || value === reference || !value.includes(reference)
}

function* envWarnings({ env = [] }: Container | EphemeralContainer, path: string): Generator<string> {
  const names = new Set<string>()
  for (const [i, variable] of env.entries()) {
    if (names.has(variable.name) && hidesPrevious(variable))
      yield `${path}.env[${i}]: hides previous definition of ${JSON.stringify(variable.name)}, which may be dropped when using apply`
    names.add(variable.name)
  }
}

export function* containerWarnings(container: Container | EphemeralContainer, path: string): Generator<string> {
  yield* resourceWarnings(container, path)
  yield* envWarnings(container, path)
}
