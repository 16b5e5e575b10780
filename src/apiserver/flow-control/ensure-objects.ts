/** Sees to it that a cluster has the flow schemas and priority levels it should begin with, as upstream's ensurer does. */
import { flowSchema, priorityLevelConfiguration } from '../../apis/flowcontrol-v1/index.js'
import {
  autoUpdateAnnotation,
  mandatoryFlowSchemas,
  mandatoryPriorityLevels,
} from '../../apis/flowcontrol-v1/mandatory.js'
import { suggestedFlowSchemas, suggestedPriorityLevels } from '../../apis/flowcontrol-v1/suggested.js'
import type { FlowSchema, PriorityLevelConfiguration } from '../../apis/generated/flowcontrol-v1.js'
import { semanticEqual } from '../../apis/validation/semantic-equal.js'
import { cloneJson } from '../../machinery/clone.js'
import type { AnyKind } from '../../machinery/kind.js'
import type { ApiHandler } from '../../machinery/request.js'
import { isReason } from '../../machinery/status-error.js'
import { loopback } from '../authn/user.js'

type FlowObject = FlowSchema | PriorityLevelConfiguration

/** What both kinds of objects are now, by name. */
export interface FlowObjects {
  levels: ReadonlyMap<string, PriorityLevelConfiguration>
  schemas: ReadonlyMap<string, FlowSchema>
}

const fieldManager = 'api-priority-and-fairness-config-producer-v1'
const everyLevel = [...suggestedPriorityLevels, ...mandatoryPriorityLevels]
const everySchema = [...suggestedFlowSchemas, ...mandatoryFlowSchemas]
const isMandatory = (wanted: FlowObject) =>
  mandatoryFlowSchemas.includes(wanted as FlowSchema) ||
  mandatoryPriorityLevels.includes(wanted as PriorityLevelConfiguration)

const booleanOf = (text: string | undefined): boolean | undefined => {
  if (text === undefined) return undefined
  if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true
  return /^(0|f|F|FALSE|false|False)$/.test(text) ? false : undefined
}

/** Of the exempt level the users' shares are kept. */
function sameSpec(current: FlowObject, wanted: FlowObject): boolean {
  const { spec } = current as PriorityLevelConfiguration
  const { spec: fixed } = wanted as PriorityLevelConfiguration
  const kept = spec.type === 'Exempt' && fixed.type === 'Exempt' ? { ...fixed, exempt: spec.exempt } : fixed
  return semanticEqual(spec, kept)
}

/** What the object should become; undefined when it may stay. An object that nobody has changed yet follows the suggestion. */
function reviseObject(current: FlowObject, wanted: FlowObject): FlowObject | undefined {
  const { metadata } = current
  const annotation = booleanOf(metadata.annotations?.[autoUpdateAnnotation])
  const autoUpdate = isMandatory(wanted) || (annotation ?? metadata.generation === 1)
  const changesSpec = autoUpdate && !sameSpec(current, wanted)
  if (!changesSpec && annotation === autoUpdate) return undefined
  const revised = cloneJson(current)
  if (changesSpec) revised.spec = cloneJson(wanted.spec)
  revised.metadata.annotations = { ...metadata.annotations, [autoUpdateAnnotation]: String(autoUpdate) }
  return revised
}

interface Wanted {
  kind: AnyKind
  current: ReadonlyMap<string, FlowObject>
  wanted: readonly FlowObject[]
}

const addressOf = ({ group, version, names }: AnyKind) => ({ group, version, resource: names.plural, user: loopback })

/** Somebody else was faster: the next look will tell. */
const unlessRaced = (error: unknown): void => {
  if (!['AlreadyExists', 'Conflict', 'NotFound'].some(reason => isReason(error, reason as 'Conflict'))) throw error
}

function* writes(handler: ApiHandler, { kind, current, wanted }: Wanted): Generator<Promise<unknown>> {
  const address = addressOf(kind)
  const write = { fieldManager }
  for (const object of wanted) {
    const name = object.metadata.name ?? ''
    const there = current.get(name)
    const revised = there && reviseObject(there, object)
    if (revised) yield handler({ ...address, verb: 'update', name, body: revised, write })
    else if (!there) yield handler({ ...address, verb: 'create', body: cloneJson(object), write })
  }
  const names = new Set(wanted.map(({ metadata }) => metadata.name))
  // What an older server suggested and this one does not.
  for (const [name, { metadata }] of current)
    if (!names.has(name) && booleanOf(metadata.annotations?.[autoUpdateAnnotation]))
      yield handler({ ...address, verb: 'delete', name })
}

/** Resolves when all is as it should be. Rejects with the first failure, but tries everything. */
export async function ensureFlowObjects(handler: ApiHandler, { levels, schemas }: FlowObjects): Promise<void> {
  const all = [
    ...writes(handler, { kind: priorityLevelConfiguration, current: levels, wanted: everyLevel }),
    ...writes(handler, { kind: flowSchema, current: schemas, wanted: everySchema }),
  ]
  const results = await Promise.allSettled(all.map(write => write.catch(unlessRaced)))
  const failed = results.find(result => result.status === 'rejected')
  if (failed) throw failed.reason
}
