/** Admission: after authorization, before validation, plugins may change a write; after validation they may refuse it. */
import type { Clock } from '../../machinery/clock.js'
import type { AnyKind } from '../../machinery/kind.js'
import type { AnyObject } from '../../machinery/object-meta.js'
import type { UserInfo } from '../../machinery/request.js'
import { forbiddenError, type StatusError } from '../../machinery/status-error.js'

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'

export interface AdmissionAttributes {
  operation: Operation
  /** The kind of the resource, also where the body of a subresource is of another. */
  kind: AnyKind
  subresource: string
  /** `''` for cluster-scoped kinds. */
  namespace: string
  /** `''` while it has yet to be generated. */
  name: string
  user: UserInfo
  dryRun: boolean
  /** CreateOptions, UpdateOptions or DeleteOptions as the client gave them. */
  options?: Readonly<Record<string, unknown>>
  /** What is to be stored; absent for DELETE. Mutating plugins change it in place. */
  object?: AnyObject
  /** What is stored; absent for CREATE. */
  old?: AnyObject
  warn?(message: string): void
  /** For the audit log. */
  annotate?(key: string, value: string): void
  /** Set by a plugin whose change the others must see: all mutate once more. */
  reinvoke?: boolean
}

/** Hooks throw a StatusError to refuse. */
export interface AdmissionPlugin {
  /** Upstream's name. */
  name: string
  operations: readonly Operation[]
  /** Qualified names such as `pods` or `ingresses.networking.k8s.io`; default: all resources. */
  resources?: readonly string[]
  /** Also called for subresources; default: only for the object itself. */
  subresources?: boolean
  mutate?(attributes: AdmissionAttributes): void | Promise<void>
  validate?(attributes: AdmissionAttributes): void | Promise<void>
}

export interface Admission {
  mutate(attributes: AdmissionAttributes): Promise<void>
  validate(attributes: AdmissionAttributes): Promise<void>
}

export interface AdmissionStep {
  type: 'admit' | 'validate'
  operation: Operation
  rejected: boolean
}

/** Is told how long something took. */
export type ObserveSeconds = (seconds: number) => void

/** Gives who is to be told how long admission took: asked once for each, when it is first needed. */
export interface AdmissionObserver {
  plugin(name: string, step: AdmissionStep): ObserveSeconds
  step(step: AdmissionStep): ObserveSeconds
}

type Phase = 'mutate' | 'validate'
const operations: readonly Operation[] = ['CREATE', 'UPDATE', 'DELETE', 'CONNECT']
interface Hook {
  name: string
  run(attributes: AdmissionAttributes): void | Promise<void>
  /** Told of calls that went through. */
  passed?: ObserveSeconds
}

interface Chain {
  hooks: readonly Hook[]
  passed?: ObserveSeconds
}

/** Runs the plugins in order. Which ones concern a resource is worked out once. `timing`: who is told how long each took. */
export function newAdmission(
  plugins: readonly AdmissionPlugin[],
  timing?: { clock: Clock; observer: AdmissionObserver },
): Admission {
  const chains = new WeakMap<AnyKind, Chain[]>()

  const build = (phase: Phase, { operation, kind, subresource }: AdmissionAttributes): Chain => ({
    hooks: plugins
      .filter(plugin => plugin[phase] && plugin.operations.includes(operation))
      .filter(plugin => !plugin.resources || plugin.resources.includes(kind.qualifiedResource))
      .filter(plugin => plugin.subresources || !subresource)
      .map(plugin => ({ name: plugin.name, run: attributes => plugin[phase]!(attributes) })),
  })

  const chainOf = (phase: Phase, attributes: AdmissionAttributes): Chain => {
    const { kind, operation, subresource } = attributes
    let ofKind = chains.get(kind)
    if (!ofKind) chains.set(kind, (ofKind = []))
    const index = operations.indexOf(operation) * 4 + (phase === 'mutate' ? 2 : 0) + (subresource ? 1 : 0)
    return (ofKind[index] ??= build(phase, attributes))
  }

  const run = async (phase: Phase, attributes: AdmissionAttributes) => {
    const chain = chainOf(phase, attributes)
    const watch = timing && new Stopwatch(phase, attributes.operation, timing)
    let current = ''
    try {
      for (const hook of chain.hooks) {
        current = hook.name
        const pending = hook.run(attributes)
        if (pending) await pending
        watch?.passed(hook)
      }
    } catch (error) {
      watch?.refused(current)
      throw error
    }
    watch?.end(chain)
  }

  return {
    async mutate(attributes) {
      await run('mutate', attributes)
      if (attributes.reinvoke) await run('mutate', attributes)
    },
    validate: attributes => run('validate', attributes),
  }
}

/** Each plugin begins when the one before it has ended: one look at the clock does for both. */
class Stopwatch {
  readonly #step: Omit<AdmissionStep, 'rejected'>
  readonly #started: number
  #at: number

  constructor(
    phase: Phase,
    operation: Operation,
    private readonly timing: { clock: Clock; observer: AdmissionObserver },
  ) {
    this.#step = { type: phase === 'mutate' ? 'admit' : 'validate', operation }
    this.#started = this.#at = timing.clock.monotonic()
  }

  passed(hook: Hook): void {
    hook.passed ??= this.timing.observer.plugin(hook.name, { ...this.#step, rejected: false })
    hook.passed(this.#lap())
  }

  /** Ends the step as well. */
  refused(name: string): void {
    const { observer } = this.timing
    const step = { ...this.#step, rejected: true }
    observer.plugin(name, step)(this.#lap())
    observer.step(step)(this.#total)
  }

  end(chain: Chain): void {
    chain.passed ??= this.timing.observer.step({ ...this.#step, rejected: false })
    chain.passed(this.#total)
  }

  /** Seconds since the last look. */
  #lap(): number {
    const now = this.timing.clock.monotonic()
    const seconds = (now - this.#at) / 1000
    this.#at = now
    return seconds
  }

  get #total(): number {
    return (this.#at - this.#started) / 1000
  }
}

/** Upstream's 403 of a plugin: names the object, or `Unknown` while it has no name. */
export function refusal({ kind, name, object }: AdmissionAttributes, why: string): StatusError {
  const shown = name || object?.metadata.name || object?.metadata.generateName || 'Unknown'
  return forbiddenError(kind, shown, why)
}
