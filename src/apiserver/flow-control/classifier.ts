/** Finds the flow of each request. What was found is remembered, for the same users ask for the same things. */
import type { FlowSchema } from '../../apis/generated/flowcontrol-v1.js'
import type { UserInfo } from '../../machinery/request.js'
import type { RequestInfo } from '../request-info.js'
import type { FlowConfiguration } from './configuration.js'
import { Flow } from './flow.js'
import type { FlowCountsTable } from './flow-counts.js'
import { matchesFlowSchema } from './match-rule.js'
import type { PriorityLevel } from './priority-level.js'

export interface Classification {
  schema: FlowSchema
  level: PriorityLevel
  flow: Flow
}

/** Beyond this all is forgotten: users and paths are made up by callers. */
const maxRemembered = 1024

/** What a schema can tell requests apart by. */
const keyOf = ({ isResource, verb, group, resource, subresource, namespace, path }: RequestInfo): string =>
  isResource ? `${verb} ${group}/${resource}/${subresource} ${namespace}` : `${verb} ${path}`

function distinguisherOf({ spec }: FlowSchema, info: RequestInfo, user: UserInfo): string {
  switch (spec.distinguisherMethod?.type) {
    case 'ByUser':
      return user.name
    case 'ByNamespace':
      return info.namespace
    default:
      return ''
  }
}

export class Classifier {
  #byUser = new Map<string, Map<string, Classification>>()
  #remembered = 0
  /** Users keep their object for as long as their connection or token is remembered. */
  #keys = new WeakMap<UserInfo, string>()

  constructor(
    private readonly configuration: FlowConfiguration,
    private readonly counts: FlowCountsTable,
  ) {}

  /** To be called when the configuration has changed. */
  forget(): void {
    this.#byUser = new Map()
    this.#remembered = 0
  }

  classify(info: RequestInfo, user: UserInfo): Classification {
    const userKey = this.#keyOfUser(user)
    let known = this.#byUser.get(userKey)
    const key = keyOf(info)
    const found = known?.get(key)
    if (found) return found
    if (this.#remembered++ >= maxRemembered) {
      this.forget()
      known = undefined
    }
    if (!known) this.#byUser.set(userKey, (known = new Map()))
    const classification = this.#match(info, user)
    known.set(key, classification)
    return classification
  }

  #keyOfUser(user: UserInfo): string {
    let key = this.#keys.get(user)
    if (key === undefined) this.#keys.set(user, (key = `${user.name}\0${user.groups.join('\0')}`))
    return key
  }

  #match(info: RequestInfo, user: UserInfo): Classification {
    const { schemas, levels } = this.configuration
    const schema =
      schemas.find(candidate => matchesFlowSchema(info, user, candidate)) ??
      schemas.find(({ metadata }) => metadata.name === 'catch-all')!
    const level = levels.get(schema.spec.priorityLevelConfiguration.name)!
    const { config } = level.queueSet
    const distinguisher = config.queues > 1 ? distinguisherOf(schema, info, user) : ''
    const name = schema.metadata.name ?? ''
    const flow = new Flow(name, distinguisher, user.name, this.counts.of(name, level.name), config)
    return { schema, level, flow }
  }
}
