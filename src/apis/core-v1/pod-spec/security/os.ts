/** Checks that hang on spec.os: what a Linux or a Windows pod may not set. */
import { type FieldError, forbidden, notSupported, required } from '../../../../machinery/field-error.js'
import type { PodSpec } from '../../../generated/core-v1.js'
import { visitContainers } from '../visit-containers.js'

const notForLinux = 'windows options cannot be set for a linux pod'
const notForWindows = 'cannot be set for a windows pod'

function* validateLinux(spec: PodSpec, path: string): Generator<FieldError> {
  if (spec.securityContext?.windowsOptions) yield forbidden(`${path}.securityContext.windowsOptions`, notForLinux)
  for (const { container, path: at } of visitContainers(spec, path))
    if (container.securityContext?.windowsOptions) yield forbidden(`${at}.securityContext.windowsOptions`, notForLinux)
}

/** In upstream's order; names without a dot are fields of the spec itself. */
const linuxOnlyPodFields = [
  'securityContext.appArmorProfile',
  'securityContext.seLinuxOptions',
  'hostUsers',
  'hostPID',
  'hostIPC',
  'securityContext.seccompProfile',
  'securityContext.fsGroup',
  'securityContext.fsGroupChangePolicy',
  'securityContext.sysctls',
  'shareProcessNamespace',
  'securityContext.runAsUser',
  'securityContext.runAsGroup',
  'securityContext.supplementalGroups',
  'securityContext.supplementalGroupsPolicy',
  'securityContext.seLinuxChangePolicy',
] as const

const linuxOnlyContainerFields = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'capabilities',
  'readOnlyRootFilesystem',
  'privileged',
  'allowPrivilegeEscalation',
  'procMount',
  'runAsUser',
  'runAsGroup',
] as const

/** Fields by value count as unset when they are zero. */
const setByValue: Record<string, (value: unknown) => boolean> = {
  hostPID: value => value === true,
  hostIPC: value => value === true,
  'securityContext.sysctls': value => Array.isArray(value) && value.length > 0,
}

function podField(spec: PodSpec, field: string): unknown {
  const [first = '', second] = field.split('.')
  const value = (spec as unknown as Record<string, unknown>)[first]
  return second ? (value as Record<string, unknown> | undefined)?.[second] : value
}

function* validateWindows(spec: PodSpec, path: string): Generator<FieldError> {
  for (const field of linuxOnlyPodFields) {
    const value = podField(spec, field)
    const isSet = setByValue[field] ?? (v => v !== undefined)
    if (isSet(value)) yield forbidden(`${path}.${field}`, notForWindows)
  }
  for (const { container, path: at } of visitContainers(spec, path))
    for (const field of linuxOnlyContainerFields)
      if (container.securityContext?.[field] !== undefined)
        yield forbidden(`${at}.securityContext.${field}`, notForWindows)
}

/** spec.os and what follows from it; without spec.os there is nothing to check. */
export function* validateOs(spec: PodSpec, path: string): Generator<FieldError> {
  if (!spec.os) return
  const { name } = spec.os
  if (!name) yield required(`${path}.os.name`)
  else if (name === 'linux') yield* validateLinux(spec, path)
  else if (name === 'windows') yield* validateWindows(spec, path)
  else yield notSupported(`${path}.os`, name, ['linux', 'windows'])
}
