/** The API for callers in the same process: the same authorization, admission and verbs as over HTTP, no serialization. */

import type { AnyObject } from '../machinery/object-meta.js'
import type { ApiHandler, ApiResponse, WatchEvent } from '../machinery/request.js'
import type { RegistryWatch } from '../registry/rest.js'
import type { Authorize } from './authz/authorizer.js'
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

export function newInProcessHandler(verbs: Verbs, authorize: Authorize): ApiHandler {
  return async request => {
    const pending = requireRequestAllowed(authorize, request)
    if (pending) await pending
    return responseOf(await verbs.handle(request))
  }
}
