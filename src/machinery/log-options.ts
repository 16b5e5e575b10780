/** The query of pods/log. */
import { type FieldError, forbidden, invalid, notSupported } from './field-error.js'
import type { LogOptions } from './node-api.js'
import { booleanOf, integerOf } from './query-values.js'
import { invalidObject } from './status-error.js'

const flag = (query: URLSearchParams, name: string): boolean => booleanOf(query, name) ?? false

function* errorsOf({ tailLines, limitBytes, sinceSeconds, sinceTime, stream }: LogOptions): Generator<FieldError> {
  if (tailLines !== undefined && tailLines < 0)
    yield invalid('tailLines', tailLines, 'must be greater than or equal to 0')
  if (limitBytes !== undefined && limitBytes < 1) yield invalid('limitBytes', limitBytes, 'must be greater than 0')
  if (sinceSeconds !== undefined && sinceTime !== undefined)
    yield forbidden('', 'at most one of `sinceTime` or `sinceSeconds` may be specified')
  if (sinceSeconds !== undefined && sinceSeconds < 1)
    yield invalid('sinceSeconds', sinceSeconds, 'must be greater than 0')
  if (stream && !['All', 'Stdout', 'Stderr'].includes(stream))
    yield notSupported('stream', stream, ['All', 'Stderr', 'Stdout'])
}

/** Throws 422 for options that make no sense. */
export function logOptionsOf(query: URLSearchParams | undefined, pod: string): LogOptions {
  if (!query) return {}
  const numbers = { sinceSeconds: integerOf(query, 'sinceSeconds'), tailLines: integerOf(query, 'tailLines') }
  const limitBytes = integerOf(query, 'limitBytes')
  const [sinceTime, stream] = [query.get('sinceTime'), query.get('stream')]
  const options: LogOptions = {
    follow: flag(query, 'follow'),
    previous: flag(query, 'previous'),
    timestamps: flag(query, 'timestamps'),
    ...(numbers.sinceSeconds !== undefined && { sinceSeconds: numbers.sinceSeconds }),
    ...(numbers.tailLines !== undefined && { tailLines: numbers.tailLines }),
    ...(limitBytes !== undefined && { limitBytes }),
    ...(sinceTime && { sinceTime }),
    ...(stream && { stream: stream as NonNullable<LogOptions['stream']> }),
  }
  const errors = [...errorsOf(options)]
  if (errors.length) throw invalidObject({ group: '', kind: 'PodLogOptions' }, pod, errors)
  return options
}
