/** What of an answer is recorded: its status, and where the policy wants it the whole, as JSON. */
import type { AnyObject } from '../../machinery/object-meta.js'
import type { Status } from '../../machinery/status-error.js'
import type { AuditRecord } from '../audit/audit-record.js'
import type { AcceptedForm } from '../negotiate/accept.js'
import { listJson } from '../negotiate/list-json.js'
import type { Outcome } from '../verbs/outcome.js'
import type { Exchange } from './exchange.js'
import { convertedJson, type SendContext } from './send-outcome.js'

const isStatus = (object: AnyObject | Status): object is Status => object.kind === 'Status'

function plainJson(outcome: Exclude<Outcome, { type: 'watch' }>): string {
  switch (outcome.type) {
    case 'stored':
      return Buffer.from(outcome.stored.bytes).toString()
    case 'list':
      return Buffer.concat([...listJson(outcome.kind, outcome.list).chunks()]).toString()
    case 'computed':
      return JSON.stringify(outcome.object)
  }
}

/** To be called before the answer is sent. `form`: absent for callers of this process. */
export async function auditAnswer(
  record: AuditRecord,
  outcome: Outcome,
  { exchange, form, context }: { exchange?: Exchange; form?: AcceptedForm; context?: SendContext } = {},
): Promise<void> {
  if (outcome.type === 'watch') return
  if (outcome.type === 'computed' && isStatus(outcome.object)) record.told({ ...outcome.object, code: outcome.code })
  if (!record.wantsAnswer) return
  const converted = exchange && form?.convert && context && outcome.type !== 'computed'
  record.answered(converted ? await convertedJson(exchange, outcome, form, context) : plainJson(outcome))
}
