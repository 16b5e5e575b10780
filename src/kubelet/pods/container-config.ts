/** Everything the runtime needs to make one container of a pod. */
import type { Container, Pod } from '../../apis/generated/core-v1.js'
import { expandVariables } from '../env/expand.js'
import type { ContainerConfig, EnvVar, ImageStatus, Mount } from '../runtime/types.js'
import { graceAnnotation, terminationAnnotations } from '../termination-message.js'
import { hashContainer } from './container-hash.js'
import { linuxResources } from './container-resources.js'
import { securityOptions } from './container-security.js'
import { type AnyContainer, isRestartableInit } from './pod.js'
import { namespacesOf } from './sandbox-config.js'

export interface ContainerConfigInput {
  pod: Pod
  container: AnyContainer
  attempt: number
  image: ImageStatus
  env: readonly EnvVar[]
  mounts: readonly Mount[]
  terminationFile: string
  /** Container whose processes an ephemeral one wants to see. */
  pidTarget?: string
  /** Of the node, in bytes. */
  memoryCapacity: number
  profilesDirectory: string
}

/** `SIGTERM` as the API has it is what runtimes take too. */
const stopSignalOf = (container: AnyContainer) => (container as Container).lifecycle?.stopSignal

/** By digest where a registry knows one, as `status.imageID` shows it. */
const imageRefOf = ({ id, digests }: ImageStatus) => digests[0] ?? id

const isAwaited = ({ spec }: Pod, { name }: AnyContainer) =>
  spec.initContainers?.some(init => init.name === name && !isRestartableInit(init)) ?? false

/** Rejects with a StartError where the security context forbids it. */
export async function containerConfig(input: ContainerConfigInput): Promise<ContainerConfig> {
  const { pod, container, image, env, pidTarget } = input
  const variables = new Map(env.map(({ name, value }) => [name, value]))
  const expand = (words: readonly string[] = []) => words.map(word => expandVariables(word, variables))
  const stopSignal = stopSignalOf(container)
  return {
    name: container.name,
    attempt: input.attempt,
    hash: hashContainer(container),
    image: container.image ?? '',
    imageId: image.id,
    imageRef: imageRefOf(image),
    command: expand(container.command),
    args: expand(container.args),
    ...(container.workingDir && { workingDir: container.workingDir }),
    env: [...env],
    mounts: [...input.mounts],
    stdin: container.stdin ?? false,
    stdinOnce: container.stdinOnce ?? false,
    tty: container.tty ?? false,
    ...(stopSignal && { stopSignal }),
    namespaces: namespacesOf(pod),
    ...(pidTarget && { pidTarget }),
    ...(isAwaited(pod, container) && { isAwaited: true }),
    resources: linuxResources(pod, container, input.memoryCapacity),
    security: await securityOptions({ pod, container, image, profilesDirectory: input.profilesDirectory }),
    annotations: {
      [terminationAnnotations.hostPath]: input.terminationFile,
      [terminationAnnotations.policy]: container.terminationMessagePolicy ?? 'File',
      ...(pod.spec.terminationGracePeriodSeconds !== undefined && {
        [graceAnnotation]: String(pod.spec.terminationGracePeriodSeconds),
      }),
    },
  }
}
