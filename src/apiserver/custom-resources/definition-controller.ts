/** Follows CustomResourceDefinitions: judges them, serves what they declare, and ends it when they are deleted. */
import { isConditionTrue, setCondition } from '../../apis/apiextensions-v1/conditions.js'
import { customResourceDefinition } from '../../apis/apiextensions-v1/index.js'
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionCondition,
} from '../../apis/generated/apiextensions-v1.js'
import type { Clock } from '../../machinery/clock.js'
import { cloneJson } from '../../machinery/clone.js'
import type { AnyObject } from '../../machinery/object-meta.js'
import type { SchemaSet } from '../../machinery/schema/types.js'
import { isReason } from '../../machinery/status-error.js'
import { loadPatternEngine } from '../../machinery/structural/pattern.js'
import { cleanupFinalizer } from '../../registry/definition-hooks.js'
import type { Rest } from '../../registry/rest.js'
import type { Logger } from '../../telemetry/logger.js'
import { loopback } from '../authn/user.js'
import type { RestDirectory } from '../deps.js'
import { followResource } from '../resource-mirror.js'
import { trackOwnWrite } from '../verbs/field-manager.js'
import type { ConversionCalls } from './conversion-webhook.js'
import { type JudgedFor, judge } from './definition-status.js'
import { deleteInstances } from './delete-instances.js'
import { ServedDefinitions } from './served-definitions.js'

interface DefinitionControllerDeps {
  rests: RestDirectory
  /** Of built-in types. */
  schemas: SchemaSet
  clock: Clock
  log: Logger
  signal: AbortSignal
  conversions: ConversionCalls
}

const subresource = 'status'
const scope = { user: loopback, dryRun: false, subresource }
const retryDelay = 1_000

const nameOf = ({ metadata }: CustomResourceDefinition) => metadata.name ?? ''
const asDefinition = (object: AnyObject) => object as unknown as CustomResourceDefinition

export class DefinitionController {
  readonly #definitions = new Map<string, CustomResourceDefinition>()
  readonly #served: ServedDefinitions
  /** Names whose definition is being worked on; true: and has changed meanwhile. */
  readonly #busy = new Map<string, boolean>()
  /** By name. */
  readonly #judgedFor = new Map<string, JudgedFor>()
  #ready = false

  constructor(private readonly deps: DefinitionControllerDeps) {
    const { rests, schemas, conversions } = deps
    this.#served = new ServedDefinitions(rests, { builtin: schemas }, conversions)
  }

  get #rest(): Rest | undefined {
    const { group, version, names } = customResourceDefinition
    return this.deps.rests.find(group, version, names.plural)
  }

  /** Resolves when every established definition is served; goes on until the signal aborts. */
  async begin(): Promise<void> {
    const rest = this.#rest
    if (!rest) return
    await followResource(rest, { ...this.deps, apply: (object, removed) => this.#take(object, removed) })
    if (this.#definitions.size) await loadPatternEngine()
    this.#ready = true
    for (const definition of this.#definitions.values()) this.#look(definition)
  }

  #take(object: AnyObject, removed: boolean): void {
    const definition = asDefinition(object)
    if (removed) {
      this.#definitions.delete(nameOf(definition))
      this.#judgedFor.delete(nameOf(definition))
    } else this.#definitions.set(nameOf(definition), definition)
    if (!this.#ready) return
    if (!removed) {
      this.#look(definition)
      return
    }
    this.#served.remove(nameOf(definition))
    // The names that are free now may be wanted.
    for (const other of this.#othersOf(definition)) this.#work(nameOf(other))
  }

  #look(definition: CustomResourceDefinition): void {
    this.#served.set(definition)
    this.#work(nameOf(definition))
  }

  #othersOf(definition: CustomResourceDefinition): CustomResourceDefinition[] {
    const { group } = definition.spec
    return [...this.#definitions.values()].filter(
      other => other.spec.group === group && nameOf(other) !== nameOf(definition),
    )
  }

  /** One at a time for each definition. */
  #work(name: string): void {
    if (this.#busy.has(name)) {
      this.#busy.set(name, true)
      return
    }
    this.#busy.set(name, false)
    this.#sync(name)
      .catch(error => {
        if (isReason(error, 'NotFound') || isReason(error, 'Conflict') || this.deps.signal.aborted) return
        this.deps.log.warn({ name, error: String(error) }, 'Custom resource definition could not be brought in order')
        this.deps.clock.after(retryDelay, () => this.#work(name))
      })
      .finally(() => {
        const changed = this.#busy.get(name)
        this.#busy.delete(name)
        if (changed) this.#work(name)
      })
  }

  async #sync(name: string): Promise<void> {
    const definition = this.#definitions.get(name)
    if (!definition || this.deps.signal.aborted) return
    if (definition.metadata.deletionTimestamp) return this.#finish(definition)
    const others = this.#othersOf(definition)
    if (!this.#judge({ ...definition, status: cloneJson(definition.status ?? {}) })) return
    await loadPatternEngine()
    const taken = definition.status?.acceptedNames
    let judgedFor: JudgedFor | undefined
    await this.#write(name, copy => {
      judgedFor = this.#judge(copy)
    })
    if (judgedFor) this.#judgedFor.set(name, judgedFor)
    if (taken) for (const other of others) this.#work(nameOf(other))
  }

  #judge(copy: CustomResourceDefinition): JudgedFor | undefined {
    const last = this.#judgedFor.get(nameOf(copy)) ?? {}
    return judge(copy, { others: this.#othersOf(copy), now: this.deps.clock.now(), last })
  }

  async #write(name: string, change: (copy: CustomResourceDefinition) => void): Promise<CustomResourceDefinition> {
    const { stored } = await this.#rest!.update(
      { name },
      (current, live) => {
        change(asDefinition(current!))
        trackOwnWrite(this.deps, { kind: customResourceDefinition, subresource, live, object: current! })
        return current!
      },
      scope,
    )
    return asDefinition(stored.object)
  }

  #condition(name: string, condition: Omit<CustomResourceDefinitionCondition, 'type'>, done = false) {
    return this.#write(name, copy => {
      setCondition(copy, { type: 'Terminating', ...condition }, this.deps.clock.now())
      if (!done) return
      const finalizers = (copy.metadata.finalizers ?? []).filter(finalizer => finalizer !== cleanupFinalizer)
      if (finalizers.length) copy.metadata.finalizers = finalizers
      else delete copy.metadata.finalizers
    })
  }

  /** The definition is being deleted: its objects go first. */
  async #finish(definition: CustomResourceDefinition): Promise<void> {
    const name = nameOf(definition)
    if (!definition.metadata.finalizers?.includes(cleanupFinalizer)) return
    const message = 'CustomResource deletion is in progress'
    await this.#condition(name, { status: 'True', reason: 'InstanceDeletionInProgress', message })
    const outcome = await deleteInstances(cloneJson(definition), isConditionTrue(definition, 'Established'), this.deps)
    if (outcome.status === 'True') {
      await this.#condition(name, outcome)
      throw new Error(outcome.message)
    }
    await this.#condition(name, outcome, true)
  }
}
