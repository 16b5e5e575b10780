/** Names of a claim's requests, and of the alternatives in them: `gpu` or `gpu/large`. */
import { type FieldError, invalid } from '../../machinery/field-error.js'
import type { DeviceClaim } from '../generated/resource-v1.js'
import { validateDnsLabel } from '../validation/text.js'

const wrong = "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"

/** Alternatives by request. */
export type RequestNames = ReadonlyMap<string, ReadonlySet<string>>

export const requestNamesOf = ({ requests }: DeviceClaim): RequestNames =>
  new Map((requests ?? []).map(r => [r.name, new Set(r.firstAvailable?.map(({ name }) => name))]))

/** Refers to one of the names. */
export function* validateRequestReference(name: string, path: string, names: RequestNames): Generator<FieldError> {
  const [request = '', alternative, ...more] = name.split('/')
  if (more.length) {
    yield invalid(path, name, wrong)
    return
  }
  yield* validateDnsLabel(request, path)
  if (alternative !== undefined) yield* validateDnsLabel(alternative, path)
  const alternatives = names.get(request)
  if (!alternatives || (alternative !== undefined && !alternatives.has(alternative))) yield invalid(path, name, wrong)
}
