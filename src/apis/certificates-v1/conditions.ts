/** Conditions of a CertificateSigningRequest: which there may be, which a write may change, and their times. */
import { formatTime } from '../../machinery/clock.js'
import { duplicate, type FieldError, forbidden, invalid, notSupported, required } from '../../machinery/field-error.js'
import type { CertificateSigningRequest, CertificateSigningRequestCondition } from '../generated/certificates-v1.js'
import { semanticEqual } from '../validation/semantic-equal.js'

type Conditions = readonly CertificateSigningRequestCondition[]

const path = 'status.conditions'
const decisions = ['Approved', 'Denied']
const lasting = [...decisions, 'Failed']
const allStatuses = ['False', 'True', 'Unknown']

export const conditionsOf = ({ status }: CertificateSigningRequest): Conditions => status?.conditions ?? []

const ofType = (conditions: Conditions, type: string) => conditions.filter(condition => condition.type === type)
const hasDuplicates = (conditions: Conditions) => new Set(conditions.map(c => c.type)).size < conditions.length
const hasBothDecisions = (conditions: Conditions) => decisions.every(type => ofType(conditions, type).length)

function* validateStatus({ type, status }: CertificateSigningRequestCondition, at: string): Generator<FieldError> {
  const allowed = lasting.includes(type) ? ['True'] : allStatuses
  if (!status) yield required(at)
  else if (!allowed.includes(status)) yield notSupported(at, status, allowed)
}

/** What is wrong already in `old`, the stored conditions, is tolerated. */
export function* validateConditions(conditions: Conditions, old: Conditions): Generator<FieldError> {
  const mayBeEmpty = old.some(({ type }) => !type)
  const mayRepeat = hasDuplicates(old)
  const mayContradict = hasBothDecisions(old)
  const seen = new Set<string>()
  for (const [i, condition] of conditions.entries()) {
    const { type } = condition
    if (!type && !mayBeEmpty) yield required(`${path}[${i}].type`)
    yield* validateStatus(condition, `${path}[${i}].status`)
    const other = decisions.find(decision => decision !== type)
    if (!mayContradict && decisions.includes(type) && other && seen.has(other))
      yield invalid(path, type, 'Approved and Denied conditions are mutually exclusive')
    if (seen.has(type) && !mayRepeat) yield duplicate(`${path}[${i}].type`, type)
    seen.add(type)
  }
}

/** Decisions and failures stay; decisions change only through the subresource `approval`. */
export function* validateConditionsUpdate(
  conditions: Conditions,
  old: Conditions,
  mayDecide: boolean,
): Generator<FieldError> {
  for (const type of lasting)
    if (ofType(conditions, type).length < ofType(old, type).length)
      yield forbidden(path, `updates may not remove a condition of type "${type}"`)
  if (mayDecide) return
  for (const type of decisions) {
    const [now, before] = [ofType(conditions, type), ofType(old, type)]
    if (now.length > before.length) yield forbidden(path, `updates may not add a condition of type "${type}"`)
    else if (now.length === before.length && !semanticEqual(now, before))
      yield forbidden(path, `updates may not modify a condition of type "${type}"\n`)
  }
}

/** Keeps decisions as they are stored, where none came or went. */
export function keepDecisions(request: CertificateSigningRequest, old: CertificateSigningRequest): void {
  for (const type of decisions) {
    const before = ofType(conditionsOf(old), type)
    const now = ofType(conditionsOf(request), type)
    if (!request.status || !now.length || before.length !== now.length) continue
    const kept = before.values()
    request.status.conditions = conditionsOf(request).map(c => (c.type === type ? { ...kept.next().value! } : c))
  }
}

/** Fills missing times; a transition's is kept while type and status stay. */
export function stampConditions(request: CertificateSigningRequest, old: CertificateSigningRequest, now: number): void {
  for (const condition of conditionsOf(request)) {
    condition.lastUpdateTime ??= formatTime(now)
    const before = conditionsOf(old).find(
      ({ type, status, lastTransitionTime }) =>
        type === condition.type && status === condition.status && lastTransitionTime,
    )
    condition.lastTransitionTime ??= before?.lastTransitionTime ?? formatTime(now)
  }
}
