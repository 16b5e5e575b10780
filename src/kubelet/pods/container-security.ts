/** The security options of a container: its own security context over the pod's. Pure but for reading seccomp profiles. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Container, Pod, SeccompProfile, SecurityContext } from '../../apis/generated/core-v1.js'
import type { ImageStatus, SecurityOptions } from '../runtime/types.js'
import { StartError } from '../start-error.js'
import { type AnyContainer, describePod } from './pod.js'

function effective(pod: Pod, container: AnyContainer): SecurityContext {
  const own = (container as Container).securityContext ?? {}
  const { runAsUser, runAsGroup, runAsNonRoot, seLinuxOptions, seccompProfile, appArmorProfile } =
    pod.spec.securityContext ?? {}
  const inherited = { runAsUser, runAsGroup, runAsNonRoot, seLinuxOptions, seccompProfile, appArmorProfile }
  const given = Object.entries(own).filter(([, value]) => value !== undefined && value !== null)
  return { ...inherited, ...Object.fromEntries(given) }
}

/** The image's user is `uid`, `uid:gid` or a name. */
function imageUser({ user }: ImageStatus): { uid?: number; name?: string } {
  const [first = ''] = user.split(':')
  if (first === '') return { uid: 0 }
  return /^\d+$/.test(first) ? { uid: Number(first) } : { name: first }
}

function refuseRoot(pod: Pod, container: AnyContainer, context: SecurityContext, image: ImageStatus): void {
  if (!context.runAsNonRoot) return
  const where = `(pod: "${describePod(pod)}", container: ${container.name})`
  const refuse = (why: string) => {
    throw new StartError('CreateContainerConfigError', `${why} ${where}`)
  }
  if (context.runAsUser === 0) refuse("container's runAsUser breaks non-root policy")
  if (context.runAsUser !== undefined) return
  const { uid, name } = imageUser(image)
  if (uid === 0) refuse('container has runAsNonRoot and image will run as root')
  if (name !== undefined)
    refuse(`container has runAsNonRoot and image has non-numeric user (${name}), cannot verify user is non-root`)
}

function userOf({ runAsUser, runAsGroup }: SecurityContext, image: ImageStatus): string | undefined {
  if (runAsUser === undefined && runAsGroup === undefined) return undefined
  const { uid, name } = imageUser(image)
  const user = runAsUser ?? name ?? uid
  return runAsGroup === undefined ? String(user) : `${user}:${runAsGroup}`
}

async function seccompOf(profile: SeccompProfile | undefined, profilesDirectory: string): Promise<string> {
  switch (profile?.type) {
    case 'RuntimeDefault':
      return 'runtime/default'
    case 'Localhost': {
      const path = join(profilesDirectory, profile.localhostProfile ?? '')
      return readFile(path, 'utf8').catch(error => {
        throw new StartError('CreateContainerConfigError', `cannot load seccomp profile "${path}": ${error.message}`)
      })
    }
    default:
      return 'unconfined'
  }
}

const apparmorOf = ({ appArmorProfile }: SecurityContext): string | undefined => {
  if (appArmorProfile?.type === 'Localhost') return `localhost/${appArmorProfile.localhostProfile}`
  return appArmorProfile?.type === 'Unconfined' ? 'unconfined' : undefined
}

/** Names as Docker and CRI know them: without `CAP_`. */
const capabilityNames = (names: readonly string[] = []) => names.map(name => name.replace(/^CAP_/, ''))

export interface SecurityInput {
  pod: Pod
  container: AnyContainer
  image: ImageStatus
  /** Where Localhost seccomp profiles are. */
  profilesDirectory: string
}

/** Rejects with a StartError where the context forbids to run the image. */
export async function securityOptions(input: SecurityInput): Promise<SecurityOptions> {
  const { pod, container, image } = input
  const context = effective(pod, container)
  refuseRoot(pod, container, context, image)
  const { supplementalGroups = [], fsGroup } = pod.spec.securityContext ?? {}
  const user = userOf(context, image)
  const apparmor = apparmorOf(context)
  const privileged = context.privileged ?? false
  return {
    ...(user !== undefined && { user }),
    supplementalGroups: fsGroup === undefined ? supplementalGroups : [...supplementalGroups, fsGroup],
    privileged,
    readOnlyRootFilesystem: context.readOnlyRootFilesystem ?? false,
    noNewPrivileges: context.allowPrivilegeEscalation === false,
    addCapabilities: capabilityNames(context.capabilities?.add),
    dropCapabilities: capabilityNames(context.capabilities?.drop),
    seccomp: await seccompOf(context.seccompProfile, input.profilesDirectory),
    ...(apparmor && { apparmor }),
    ...(context.seLinuxOptions && { selinux: context.seLinuxOptions }),
    unmaskedProc: context.procMount === 'Unmasked',
  }
}

/** The one user that all containers of the pod run as; undefined where they differ or do not say. */
export function commonUser(pod: Pod): number | undefined {
  const all = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])]
  const users = new Set(all.map(container => effective(pod, container).runAsUser))
  const [user] = users
  return users.size === 1 ? user : undefined
}
