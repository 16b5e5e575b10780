/** Deletes the objects of a definition that is being deleted, and waits until they are gone. */
import type { CustomResourceDefinition } from '../../apis/generated/apiextensions-v1.js'
import type { Clock } from '../../machinery/clock.js'
import { loopback } from '../authn/user.js'
import type { RestDirectory } from '../deps.js'

/** Part of the condition Terminating; status `True`: not done. */
export interface DeletionOutcome {
  status: 'True' | 'False'
  reason: string
  message: string
}

const scope = { user: loopback, dryRun: false, subresource: '' }
/** Milliseconds: upstream's patience, and a shorter pause between looks. */
const patience = 60_000
const pause = 500

interface DeleteInstancesDeps {
  rests: RestDirectory
  clock: Clock
  signal: AbortSignal
}

export async function deleteInstances(
  { spec }: CustomResourceDefinition,
  wasEstablished: boolean,
  { rests, clock, signal }: DeleteInstancesDeps,
): Promise<DeletionOutcome> {
  if (!wasEstablished) return { status: 'False', reason: 'NeverEstablished', message: 'resource was never established' }
  const served = spec.versions.map(({ name }) => rests.find(spec.group, name, spec.names.plural)).find(rest => rest)
  const done: DeletionOutcome = {
    status: 'False',
    reason: 'InstanceDeletionCompleted',
    message: 'removed all instances',
  }
  if (!served?.kind.custom) return done
  await served.deleteCollection(undefined, {}, {}, scope)
  const deadline = clock.now() + patience
  for (;;) {
    const { items } = await served.list(undefined, { limit: 1 })
    if (!items.length) return done
    if (clock.now() >= deadline || signal.aborted) break
    await new Promise<void>(resolve => clock.after(pause, resolve))
  }
  const message = 'could not confirm zero CustomResources remaining: timed out waiting for the condition'
  return { status: 'True', reason: 'InstanceDeletionCheck', message }
}
