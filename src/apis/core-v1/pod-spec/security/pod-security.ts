/** Checks of a pod's securityContext and of its use of the host's namespaces. */
import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
} from '../../../../machinery/field-error.js'
import type { PodSecurityContext, PodSpec, Sysctl } from '../../../generated/core-v1.js'
import { visitContainers } from '../visit-containers.js'
import { validateId } from './container-security.js'
import { validateAppArmorProfile, validateSeccompProfile } from './profiles.js'
import { validateWindowsOptions } from './windows.js'

const sysctlSegment = '[a-z0-9]([-_a-z0-9]*[a-z0-9])?'
const sysctlName = `^(${sysctlSegment}[\\./])*${sysctlSegment}$`
const sysctlRegExp = new RegExp(sysctlName)
const maxSysctlLength = 253

const ipcSysctls = /^kernel\.(sem|shm|shmall|shmmax|shmmni|shm_rmid_forced|msg|msgmax|msgmnb|msgmni)$|^fs\.mqueue\./

/** Slashes and dots both separate; what comes first decides which of the two is meant. */
function dotted(name: string): string {
  const first = /[./]/.exec(name)?.[0]
  if (first !== '/') return name
  return name.replace(/[./]/g, separator => (separator === '/' ? '.' : '/'))
}

function* validateHostSysctl(name: string, spec: PodSpec, path: string): Generator<FieldError> {
  const normal = dotted(name)
  if (spec.hostNetwork && normal.startsWith('net.'))
    yield invalid(path, name, "may not be specified when 'hostNetwork' is true")
  else if (spec.hostIPC && ipcSysctls.test(normal))
    yield invalid(path, name, "may not be specified when 'hostIPC' is true")
}

function* validateSysctls(sysctls: readonly Sysctl[], spec: PodSpec, path: string): Generator<FieldError> {
  const names = new Set<string>()
  for (const [i, { name }] of sysctls.entries()) {
    const at = `${path}[${i}].name`
    if (!name) yield required(at)
    else if (name.length > maxSysctlLength || !sysctlRegExp.test(name))
      yield invalid(at, name, `must have at most ${maxSysctlLength} characters and match regex ${sysctlName}`)
    else if (names.has(name)) yield duplicate(at, name)
    yield* validateHostSysctl(name, spec, at)
    names.add(name)
  }
}

function* oneOf(value: string | undefined, allowed: readonly string[], path: string): Generator<FieldError> {
  if (value !== undefined && !allowed.includes(value)) yield notSupported(path, value, allowed)
}

/** spec.securityContext; `specPath` is the spec's own path. */
export function* validatePodSecurityContext(
  security: PodSecurityContext,
  spec: PodSpec,
  path: string,
): Generator<FieldError> {
  yield* validateId(security.fsGroup, `${path}.fsGroup`)
  yield* validateId(security.runAsUser, `${path}.runAsUser`)
  yield* validateId(security.runAsGroup, `${path}.runAsGroup`)
  for (const [i, group] of (security.supplementalGroups ?? []).entries())
    yield* validateId(group, `${path}.supplementalGroups[${i}]`)
  if (spec.shareProcessNamespace && spec.hostPID)
    yield invalid(`${path}.shareProcessNamespace`, true, 'ShareProcessNamespace and HostPID cannot both be enabled')
  if (security.sysctls) yield* validateSysctls(security.sysctls, spec, `${path}.sysctls`)
  yield* oneOf(security.fsGroupChangePolicy, ['Always', 'OnRootMismatch'], `${path}.fsGroupChangePolicy`)
  yield* validateSeccompProfile(security.seccompProfile, `${path}.seccompProfile`)
  if (security.windowsOptions) yield* validateWindowsOptions(security.windowsOptions, `${path}.windowsOptions`)
  yield* validateAppArmorProfile(security.appArmorProfile, `${path}.appArmorProfile`)
  yield* oneOf(security.supplementalGroupsPolicy, ['Merge', 'Strict'], `${path}.supplementalGroupsPolicy`)
  // MountOption waits for a feature that v1.34 leaves off.
  yield* oneOf(security.seLinuxChangePolicy, ['Recursive'], `${path}.seLinuxChangePolicy`)
}

/** A user namespace of its own excludes the host's other namespaces. The odd capitals are upstream's. */
export function* validateHostUsers(spec: PodSpec, path: string): Generator<FieldError> {
  if (spec.hostUsers !== false) return
  const why = 'when `hostUsers` is false'
  if (spec.hostNetwork) yield forbidden(`${path}.hostNetwork`, why)
  if (spec.hostPID) yield forbidden(`${path}.HostPID`, why)
  if (spec.hostIPC) yield forbidden(`${path}.HostIPC`, why)
  for (const { container, path: at } of visitContainers(spec, path))
    if (container.volumeDevices?.length) yield forbidden(`${at}.volumeDevices`, why)
}
