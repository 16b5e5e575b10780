/** Validation of what a priority level does with requests beyond its limit. */
import { type FieldError, forbidden, invalid, notSupported, required } from '../../machinery/field-error.js'
import type { LimitResponse, QueuingConfiguration } from '../generated/flowcontrol-v1.js'

const responses = ['Queue', 'Reject']
const maxQueues = 10_000_000
/** So many bits of the flow's hash are good for dealing hands. */
const maxHashBits = 60

/** Bits of entropy needed to deal a hand from a deck. */
const requiredEntropyBits = (deckSize: number, handSize: number): number => Math.ceil(Math.log2(deckSize) * handSize)

function* validateHandSize(queues: number, handSize: number, path: string): Generator<FieldError> {
  if (handSize <= 0) yield invalid(path, handSize, 'must be positive')
  else if (handSize > queues) yield invalid(path, handSize, `should not be greater than queues (${queues})`)
  else if (requiredEntropyBits(queues, handSize) > maxHashBits)
    yield invalid(
      path,
      handSize,
      `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${maxHashBits}`,
    )
}

function* validateQueuing(queuing: QueuingConfiguration, path: string): Generator<FieldError> {
  const { queues = 0, handSize = 0, queueLengthLimit = 0 } = queuing
  if (queueLengthLimit <= 0) yield invalid(`${path}.queueLengthLimit`, queueLengthLimit, 'must be positive')
  if (queues <= 0) yield invalid(`${path}.queues`, queues, 'must be positive')
  else if (queues > maxQueues) yield invalid(`${path}.queues`, queues, `must not be greater than ${maxQueues}`)
  yield* validateHandSize(queues, handSize, `${path}.handSize`)
}

/** Upstream's ValidateLimitResponse. */
export function* validateLimitResponse(response: LimitResponse | undefined, path: string): Generator<FieldError> {
  const { type = '', queuing } = response ?? {}
  if (type === 'Reject') {
    if (queuing) yield forbidden(`${path}.queuing`, 'must be nil if limited.limitResponse.type is not Limited')
  } else if (type === 'Queue') {
    if (!queuing) yield required(`${path}.queuing`, 'must not be empty if limited.limitResponse.type is Limited')
    else yield* validateQueuing(queuing, `${path}.queuing`)
  } else yield notSupported(`${path}.type`, type, responses)
}
