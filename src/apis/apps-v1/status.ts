/** Checks of replica counts in the status of workloads. */
import { type FieldError, invalid } from '../../machinery/field-error.js'

interface Counts {
  replicas?: number
  readyReplicas?: number
  availableReplicas?: number
}

/** No part may exceed the whole, nor the available the ready; `readyWords` names the latter as the kind's message does. */
export function* replicaCounts<T extends Counts>(
  status: T,
  parts: readonly (keyof T & string)[],
  readyWords = 'readyReplicas',
): Generator<FieldError> {
  const { replicas = 0, readyReplicas = 0, availableReplicas = 0 } = status
  for (const part of parts) {
    const value = (status[part] ?? 0) as number
    if (value > replicas) yield invalid(`status.${part}`, value, 'cannot be greater than status.replicas')
  }
  if (availableReplicas > readyReplicas)
    yield invalid('status.availableReplicas', availableReplicas, `cannot be greater than ${readyWords}`)
}

interface WithTerminating {
  status?: { terminatingReplicas?: number }
}

/** The gate DeploymentReplicaSetTerminatingReplicas is off in v1.34: the field stays only where it already was. */
export function dropTerminatingReplicas(object: WithTerminating, old: WithTerminating): void {
  if (object.status && old.status?.terminatingReplicas === undefined) delete object.status.terminatingReplicas
}
