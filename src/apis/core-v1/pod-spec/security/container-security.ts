/** Checks of a container's securityContext. */
import { type FieldError, invalid, notSupported } from '../../../../machinery/field-error.js'
import { isValidUserId } from '../../../../machinery/name-rules.js'
import type { SecurityContext } from '../../../generated/core-v1.js'
import { internalForm } from '../../internal-form.js'
import { validateAppArmorProfile, validateSeccompProfile } from './profiles.js'
import { validateWindowsOptions } from './windows.js'

/** A user or group id; absent is valid. */
export function* validateId(id: number | undefined, path: string): Generator<FieldError> {
  if (id === undefined) return
  for (const message of isValidUserId(id)) yield invalid(path, id, message)
}

function* validateProcMount(type: string | undefined, hostUsers: boolean, path: string): Generator<FieldError> {
  if (type === undefined) return
  if (type !== 'Default' && type !== 'Unmasked') yield notSupported(path, type, ['Default', 'Unmasked'])
  if (hostUsers && type === 'Unmasked') yield invalid(path, type, '`hostUsers` must be false to use `Unmasked`')
}

function* validateEscalation(security: SecurityContext, path: string): Generator<FieldError> {
  if (security.allowPrivilegeEscalation !== false) return
  const value = () => internalForm('SecurityContext', security)
  if (security.privileged)
    yield invalid(path, value(), 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true')
  for (const capability of security.capabilities?.add ?? [])
    if (capability === 'CAP_SYS_ADMIN')
      yield invalid(
        path,
        value(),
        'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN',
      )
}

/** `hostUsers` is false only in a pod with its own user namespace. */
export function* validateContainerSecurityContext(
  security: SecurityContext,
  hostUsers: boolean,
  path: string,
): Generator<FieldError> {
  yield* validateId(security.runAsUser, `${path}.runAsUser`)
  yield* validateId(security.runAsGroup, `${path}.runAsGroup`)
  yield* validateProcMount(security.procMount, hostUsers, `${path}.procMount`)
  yield* validateSeccompProfile(security.seccompProfile, `${path}.seccompProfile`)
  yield* validateEscalation(security, path)
  if (security.windowsOptions) yield* validateWindowsOptions(security.windowsOptions, `${path}.windowsOptions`)
  yield* validateAppArmorProfile(security.appArmorProfile, `${path}.appArmorProfile`)
}
