/** A registry of small kinds on a store in memory, with clock and chance of the test's own. */
import { FakeClock, SeededRandom } from '../machinery/fake-clock.js'
import { type AnyKind, defineKind } from '../machinery/kind.js'
import type { AnyObject } from '../machinery/object-meta.js'
import { StatusError } from '../machinery/status-error.js'
import { newMemoryStorage } from '../storage/memory/open.js'
import { newRegistry, type RegistryOptions } from './registry.js'
import type { RegistryEvent, RegistryWatch, StoredList, WriteScope } from './rest.js'

/** Namespaced, with spec, status and generation. */
export const widget = defineKind<AnyObject>({
  group: 'example.com',
  version: 'v1',
  kind: 'Widget',
  scope: 'Namespaced',
  names: { plural: 'widgets' },
  subresources: { status: {} },
  selectableFields: { 'spec.node': o => (o.spec as { node?: string } | undefined)?.node ?? '' },
})

/** Cluster-scoped, without a generation. */
export const gadget = defineKind<AnyObject>({
  group: '',
  version: 'v1',
  kind: 'Gadget',
  scope: 'Cluster',
  names: { plural: 'gadgets' },
  strategy: { bumpGenerationOn: [] },
})

/** Deleted with a grace period of 30 seconds, or what the caller asks. */
export const lingering = defineKind<AnyObject>({
  group: '',
  version: 'v1',
  kind: 'Lingering',
  scope: 'Namespaced',
  names: { plural: 'lingerings' },
  strategy: { gracePeriodSeconds: (_, requested) => requested ?? 30 },
})

export const scope: WriteScope = { user: { name: 'test', groups: [] }, dryRun: false, subresource: '' }
export const dryRun: WriteScope = { ...scope, dryRun: true }

export interface Fixture {
  clock: FakeClock
  storage: ReturnType<typeof newMemoryStorage>
  registry: ReturnType<typeof newRegistry>
}

export function newFixture(kinds: readonly AnyKind[] = [], options: Partial<RegistryOptions> = {}): Fixture {
  const clock = new FakeClock()
  const storage = newMemoryStorage(clock)
  const all = [widget, gadget, lingering, ...kinds]
  const registry = newRegistry({ kinds: all, storage, clock, random: new SeededRandom(), ...options })
  return { clock, storage, registry }
}

export const newObject = (name: string, rest: Record<string, unknown> & { metadata?: object } = {}): AnyObject => ({
  ...rest,
  metadata: { name, ...rest.metadata },
})

export const names = (list: Pick<StoredList, 'items'>): string[] =>
  list.items.map(item => item.object.metadata.name ?? '')

/** `ADDED a@3`, `BOOKMARK @5`, `ERROR 410`. */
export const shown = ({ type, stored, status }: RegistryEvent): string =>
  status
    ? `${type} ${status.code}`
    : `${type} ${stored.object.metadata.name ?? ''}@${stored.object.metadata.resourceVersion}`

/** Collects what a watch says, until it ends. */
export function record(watch: RegistryWatch): { events: RegistryEvent[]; ended: boolean } {
  const seen = { events: [] as RegistryEvent[], ended: false }
  watch.onEvents(
    batch => void seen.events.push(...batch),
    () => {
      seen.ended = true
    },
  )
  return seen
}

/** The StatusError that a promise rejects with; throws when it does anything else. */
export const failure = async (promise: Promise<unknown>): Promise<StatusError> => {
  const error = await promise.then(
    () => new Error('it succeeded'),
    e => e,
  )
  if (!(error instanceof StatusError)) throw error
  return error
}
