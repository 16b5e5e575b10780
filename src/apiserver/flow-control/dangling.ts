/** Tells in the status of each flow schema whether its priority level is there. */
import { flowSchema } from '../../apis/flowcontrol-v1/index.js'
import type { FlowSchema, FlowSchemaCondition } from '../../apis/generated/flowcontrol-v1.js'
import type { ApiHandler } from '../../machinery/request.js'
import { isReason } from '../../machinery/status-error.js'
import { loopback } from '../authn/user.js'

const fieldManager = 'api-priority-and-fairness-config-consumer-v1'
/** Servers that disagree must not write forever: so many writes of one schema's status in a minute. */
const maxWritesPerMinute = 6
const minute = 60_000

type DanglingCondition = Required<Omit<FlowSchemaCondition, 'lastTransitionTime'>>

/** What the condition should be. */
function danglingCondition({ spec }: FlowSchema, exists: boolean): DanglingCondition {
  const { name } = spec.priorityLevelConfiguration
  const reference = `This FlowSchema references the PriorityLevelConfiguration object named ${JSON.stringify(name)}`
  return exists
    ? { type: 'Dangling', status: 'False', reason: 'Found', message: `${reference} and it exists` }
    : { type: 'Dangling', status: 'True', reason: 'NotFound', message: `${reference} but there is no such object` }
}

const isUpToDate = (schema: FlowSchema, { status, reason, message }: DanglingCondition): boolean => {
  const known = schema.status?.conditions?.find(({ type }) => type === 'Dangling')
  return known?.status === status && known.reason === reason && known.message === message
}

export class DanglingWriter {
  /** When the status of each schema was written lately. */
  readonly #written = new Map<string, number[]>()

  constructor(
    private readonly handler: ApiHandler,
    /** Milliseconds since the epoch. */
    private readonly now: () => number,
  ) {}

  /** Writes what is not as it should be. True when some could not be written yet, and should be tried later. */
  async write(schemas: Iterable<FlowSchema>, exists: (level: string) => boolean): Promise<boolean> {
    const due: Promise<unknown>[] = []
    let delayed = false
    for (const schema of schemas) {
      const condition = danglingCondition(schema, exists(schema.spec.priorityLevelConfiguration.name))
      if (isUpToDate(schema, condition)) continue
      if (this.#mayWrite(schema.metadata.name ?? '')) due.push(this.#writeOne(schema, condition))
      else delayed = true
    }
    await Promise.all(due)
    return delayed
  }

  #mayWrite(name: string): boolean {
    const now = this.now()
    const recent = (this.#written.get(name) ?? []).filter(time => now - time < minute)
    this.#written.set(name, recent)
    if (recent.length >= maxWritesPerMinute) return false
    recent.push(now)
    return true
  }

  async #writeOne({ metadata: { name = '' } }: FlowSchema, condition: DanglingCondition): Promise<void> {
    const { group, version, apiVersion, kind, names } = flowSchema
    const lastTransitionTime = `${new Date(this.now()).toISOString().slice(0, 19)}Z`
    const status = { conditions: [{ ...condition, lastTransitionTime }] }
    await this.handler({
      ...{ group, version, resource: names.plural, user: loopback, name },
      verb: 'patch',
      subresource: 'status',
      patchType: 'application/apply-patch+yaml',
      write: { fieldManager, force: true },
      body: { apiVersion, kind, metadata: { name }, status },
    }).catch(error => {
      if (!isReason(error, 'NotFound')) throw error
    })
  }
}
