/** The stored webhook configurations of one sort, in the order in which they are called. */
import type { MutatingWebhook, ValidatingWebhook } from '../../../apis/generated/admissionregistration-v1.js'
import { newAdmissionEnvironment } from '../../../machinery/cel/admission-environment.js'
import { compileAdmissionExpression } from '../../../machinery/cel/admission-expression.js'
import { boolType } from '../../../machinery/cel/types.js'
import type { AnyObject } from '../../../machinery/object-meta.js'
import { loadPatternEngine } from '../../../machinery/structural/pattern.js'
import type { RestDirectory } from '../../deps.js'
import { type FollowOptions, followResource } from '../../resource-mirror.js'
import type { NamedExpression } from '../policy/compiled-policy.js'

export type Webhook = MutatingWebhook | ValidatingWebhook

export interface RegisteredWebhook<T extends Webhook = Webhook> {
  webhook: T
  /** Unique among all: the configuration, the webhook, and its place among those of its name. */
  id: string
  /** Compiled when first asked for. */
  conditions(): Promise<readonly NamedExpression[]>
}

async function compileConditions({ matchConditions = [] }: Webhook): Promise<readonly NamedExpression[]> {
  if (!matchConditions.length) return []
  await loadPatternEngine()
  const environment = newAdmissionEnvironment({ hasParams: false, hasAuthorizer: true })
  return matchConditions.map(({ name, expression }) => ({
    name,
    text: expression,
    result: compileAdmissionExpression(expression, environment, [boolType]),
  }))
}

function registered<T extends Webhook>(configuration: AnyObject): RegisteredWebhook<T>[] {
  const { webhooks = [] } = configuration as AnyObject & { webhooks?: T[] }
  const seen = new Map<string, number>()
  return webhooks.map(webhook => {
    const place = seen.get(webhook.name) ?? 0
    seen.set(webhook.name, place + 1)
    let compiled: Promise<readonly NamedExpression[]> | undefined
    return {
      webhook,
      id: `${configuration.metadata.name}/${webhook.name}/${place}`,
      conditions: () => (compiled ??= compileConditions(webhook)),
    }
  })
}

export class Webhooks<T extends Webhook = Webhook> {
  readonly #configurations = new Map<string, RegisteredWebhook<T>[]>()
  #all: readonly RegisteredWebhook<T>[] = []

  /** By the names of their configurations. */
  get all(): readonly RegisteredWebhook<T>[] {
    return this.#all
  }

  set(configuration: AnyObject, removed: boolean): void {
    const name = configuration.metadata.name ?? ''
    if (removed) this.#configurations.delete(name)
    else this.#configurations.set(name, registered(configuration))
    const sorted = [...this.#configurations].sort(([a], [b]) => (a < b ? -1 : 1))
    this.#all = sorted.flatMap(([, webhooks]) => webhooks)
  }
}

export interface AllWebhooks {
  mutating: Webhooks<MutatingWebhook>
  validating: Webhooks<ValidatingWebhook>
}

/** Resolves when all that is stored is known; goes on until the signal aborts. */
export async function followWebhooks(
  rests: RestDirectory,
  { mutating, validating }: AllWebhooks,
  following: Omit<FollowOptions, 'apply'>,
): Promise<void> {
  const follow = async (resource: string, webhooks: Pick<Webhooks, 'set'>) => {
    const rest = rests.find('admissionregistration.k8s.io', 'v1', resource)
    if (!rest) return
    await followResource(rest, { ...following, apply: (object, removed) => webhooks.set(object, removed) })
  }
  await Promise.all([
    follow('mutatingwebhookconfigurations', mutating),
    follow('validatingwebhookconfigurations', validating),
  ])
}
