/** Checks of regular containers, and those that containers of every sort share. */
import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
} from '../../../machinery/field-error.js'
import type { Container, EphemeralContainer } from '../../generated/core-v1.js'
import { validateDnsLabel } from '../../validation/text.js'
import type { PodContext } from './context.js'
import { validateEnv, validateEnvFrom } from './env.js'
import { validateVolumeDevices, validateVolumeMounts } from './mounts.js'
import { validateContainerPorts, validateHostPortConflicts } from './ports.js'
import { validateHooksAndProbes } from './probes.js'
import { validateResizePolicy } from './resize-policy.js'
import { validateContainerResources } from './resources.js'
import { validateContainerSecurityContext } from './security/container-security.js'

type AnyContainer = Container | EphemeralContainer

const pullPolicies = ['Always', 'IfNotPresent', 'Never'] as const
const terminationMessagePolicies = ['File', 'FallbackToLogsOnError'] as const

function* oneOf(value: string | undefined, allowed: readonly string[], path: string): Generator<FieldError> {
  if (!value) yield required(path)
  else if (!allowed.includes(value)) yield notSupported(path, value, allowed)
}

/** Of a container's image or an image volume. */
export const validatePullPolicy = (policy: string | undefined, path: string): Generator<FieldError> =>
  oneOf(policy, pullPolicies, path)

/** What holds for every container, whatever its role. */
export function* validateContainerCommon(
  container: AnyContainer,
  context: PodContext,
  path: string,
): Generator<FieldError> {
  const { name, image } = container
  if (!name) yield required(`${path}.name`)
  else yield* validateDnsLabel(name, `${path}.name`)
  if (!image) yield required(`${path}.image`)
  yield* oneOf(container.terminationMessagePolicy, terminationMessagePolicies, `${path}.terminationMessagePolicy`)
  if (container.ports) yield* validateContainerPorts(container.ports, `${path}.ports`)
  if (container.env) yield* validateEnv(container.env, `${path}.env`)
  if (container.envFrom) yield* validateEnvFrom(container.envFrom, `${path}.envFrom`)
  if (container.volumeMounts) yield* validateVolumeMounts(container, context.volumes, `${path}.volumeMounts`)
  if (container.volumeDevices) yield* validateVolumeDevices(container, context.volumes, `${path}.volumeDevices`)
  yield* validatePullPolicy(container.imagePullPolicy, `${path}.imagePullPolicy`)
  if (container.resources)
    yield* validateContainerResources(container.resources, context.claimNames, `${path}.resources`)
  if (container.resizePolicy)
    yield* validateResizePolicy(container.resizePolicy, context.restartPolicy, `${path}.resizePolicy`)
  if (container.securityContext)
    yield* validateContainerSecurityContext(container.securityContext, context.hostUsers, `${path}.securityContext`)
}

/** A template may hold an image with blanks around it, for tools that fill it in; a pod may not. */
export function* validateImageOfPod({ image = '' }: AnyContainer, path: string): Generator<FieldError> {
  if (image !== image.trim()) yield invalid(`${path}.image`, image, 'must not have leading or trailing whitespace')
}

/** spec.containers. */
export function* validateContainers(
  containers: readonly Container[] | undefined,
  context: PodContext,
  path: string,
): Generator<FieldError> {
  if (!containers?.length) return yield required(path)
  const names = new Set<string>()
  for (const [i, container] of containers.entries()) {
    const at = `${path}[${i}]`
    yield* validateContainerCommon(container, context, at)
    if (names.has(container.name)) yield duplicate(`${at}.name`, container.name)
    names.add(container.name)
    yield* validateHooksAndProbes(container, context, at)
    if (container.restartPolicy !== undefined)
      yield forbidden(`${at}.restartPolicy`, 'may not be set for non-init containers')
  }
  yield* validateHostPortConflicts(containers, path)
}
