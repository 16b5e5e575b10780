/** Admission: after authorization, before validation, plugins may change a write; after validation they may refuse it. */
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

type Phase = 'mutate' | 'validate'
const operations: readonly Operation[] = ['CREATE', 'UPDATE', 'DELETE', 'CONNECT']
type Hook = (attributes: AdmissionAttributes) => void | Promise<void>

/** Runs the plugins in order. Which ones concern a resource is worked out once. */
export function newAdmission(plugins: readonly AdmissionPlugin[]): Admission {
  const chains = new WeakMap<AnyKind, Hook[][]>()

  const build = (phase: Phase, { operation, kind, subresource }: AdmissionAttributes): Hook[] =>
    plugins
      .filter(plugin => plugin[phase] && plugin.operations.includes(operation))
      .filter(plugin => !plugin.resources || plugin.resources.includes(kind.qualifiedResource))
      .filter(plugin => plugin.subresources || !subresource)
      .map(plugin => (attributes: AdmissionAttributes) => plugin[phase]!(attributes))

  const chain = (phase: Phase, attributes: AdmissionAttributes): readonly Hook[] => {
    const { kind, operation, subresource } = attributes
    let ofKind = chains.get(kind)
    if (!ofKind) chains.set(kind, (ofKind = []))
    const index = operations.indexOf(operation) * 4 + (phase === 'mutate' ? 2 : 0) + (subresource ? 1 : 0)
    return (ofKind[index] ??= build(phase, attributes))
  }

  const run = async (hooks: readonly Hook[], attributes: AdmissionAttributes) => {
    for (const hook of hooks) {
      const pending = hook(attributes)
      if (pending) await pending
    }
  }

  return {
    async mutate(attributes) {
      const hooks = chain('mutate', attributes)
      await run(hooks, attributes)
      if (attributes.reinvoke) await run(hooks, attributes)
    },
    validate: attributes => run(chain('validate', attributes), attributes),
  }
}

/** Upstream's 403 of a plugin: names the object, or `Unknown` while it has no name. */
export function refusal({ kind, name, object }: AdmissionAttributes, why: string): StatusError {
  const shown = name || object?.metadata.name || object?.metadata.generateName || 'Unknown'
  return forbiddenError(kind, shown, why)
}
