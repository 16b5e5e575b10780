/** The API for callers in the same process: the same authorization, admission and verbs as over HTTP, no serialization. */

import type { AnyObject } from '../machinery/object-meta.js'
import type { ApiHandler, ApiRequest, ApiResponse, WatchEvent } from '../machinery/request.js'
import { internalError, StatusError } from '../machinery/status-error.js'
import type { RegistryWatch } from '../registry/rest.js'
import type { AuditRecord } from './audit/audit-record.js'
import type { Auditor } from './audit/auditor.js'
import type { Authorize } from './authz/authorizer.js'
import { auditAnswer } from './http/audit-answer.js'
import { listMeta } from './negotiate/list-meta.js'
import type { Outcome } from './verbs/outcome.js'
import { requireRequestAllowed, type Verbs } from './verbs/verbs.js'

async function* eventsOf(watch: RegistryWatch): AsyncGenerator<WatchEvent> {
  for await (const { type, stored, status } of watch)
    yield { type, object: status ? (status as unknown as AnyObject) : stored.object }
}

function responseOf(outcome: Outcome): ApiResponse {
  switch (outcome.type) {
    case 'stored':
      return { code: outcome.code, object: outcome.stored.object }
    case 'computed':
      return { code: outcome.code, object: outcome.object }
    case 'list': {
      const { kind, list, code } = outcome
      const items = list.items.map(item => item.object)
      return { code, list: { apiVersion: kind.apiVersion, kind: kind.listKind, metadata: listMeta(list), items } }
    }
    case 'watch':
      return { code: 200, events: eventsOf(outcome.events) }
  }
}

async function allowedOutcome(verbs: Verbs, authorize: Authorize, request: ApiRequest): Promise<Outcome> {
  const pending = requireRequestAllowed(authorize, request)
  if (pending) await pending
  return verbs.handle(request)
}

const patchText = (body: unknown): string => (typeof body === 'string' ? body : JSON.stringify(body))

async function* audited(events: AsyncIterable<WatchEvent>, record: AuditRecord): AsyncGenerator<WatchEvent> {
  try {
    yield* events
  } finally {
    record.ended(200)
  }
}

export function newInProcessHandler(verbs: Verbs, authorize: Authorize): ApiHandler {
  return async request => responseOf(await allowedOutcome(verbs, authorize, request))
}

/** As that one, with every call in the audit log. */
export function newAuditedHandler(
  verbs: Verbs,
  authorize: Authorize,
  { audit, newUuid }: { audit: Auditor; newUuid(): string },
): ApiHandler {
  const answer = async (request: ApiRequest, record: AuditRecord): Promise<ApiResponse> => {
    const pending = requireRequestAllowed(authorize, request, record)
    if (pending) await pending
    if (request.verb === 'patch') record.patched(patchText(request.body))
    const outcome = await verbs.handle({ ...request, audit: record })
    await auditAnswer(record, outcome)
    const response = responseOf(outcome)
    record.started(response.code)
    if (!('events' in response)) record.ended(response.code)
    return 'events' in response ? { ...response, events: audited(response.events, record) } : response
  }
  return async request => {
    const record = audit.beginCall(request, newUuid)
    if (!record) return responseOf(await allowedOutcome(verbs, authorize, request))
    try {
      return await answer(request, record)
    } catch (error) {
      const { status, code } = error instanceof StatusError ? error : internalError(String(error))
      record.told({ ...status, code })
      record.ended(code)
      throw error
    }
  }
}
