/** Checks of seccomp and AppArmor profiles. */
import { type FieldError, invalid, notSupported, required, tooLong } from '../../../../machinery/field-error.js'
import type { AppArmorProfile, SeccompProfile } from '../../../generated/core-v1.js'
import { validateLocalDescendingPath } from '../volumes/paths.js'

const profileTypes = ['Localhost', 'RuntimeDefault', 'Unconfined'] as const
const maxProfileLength = 4095

function* validateType(type: string | undefined, field: string, path: string): Generator<FieldError> {
  if (!type) yield required(path, `type is required when ${field} is set`)
  else if (!profileTypes.includes(type as never)) yield notSupported(path, type, profileTypes)
}

/** An absent profile is valid. */
export function* validateSeccompProfile(profile: SeccompProfile | undefined, path: string): Generator<FieldError> {
  if (!profile) return
  const { type, localhostProfile: file } = profile
  yield* validateType(type, 'seccompProfile', `${path}.type`)
  const at = `${path}.localhostProfile`
  if (type !== 'Localhost') {
    // Upstream prints the struct of its internal version.
    const value = { Type: type ?? '', LocalhostProfile: file ?? null }
    if (file !== undefined) yield invalid(at, value, 'can only be set when seccomp type is Localhost')
  } else if (file === undefined) yield required(at, 'must be set when seccomp type is Localhost')
  else yield* validateLocalDescendingPath(file, at)
}

function* validateAppArmorFile(file: string | undefined, path: string): Generator<FieldError> {
  const missing = required(path, 'must be set when AppArmor type is Localhost')
  if (file === undefined) return yield missing
  if (file.trim() !== file) yield invalid(path, file, 'must not be padded with whitespace')
  else if (!file) yield missing
  if (Buffer.byteLength(file) > maxProfileLength) yield tooLong(path, maxProfileLength)
}

/** An absent profile is valid. */
export function* validateAppArmorProfile(profile: AppArmorProfile | undefined, path: string): Generator<FieldError> {
  if (!profile) return
  const { type, localhostProfile: file } = profile
  const at = `${path}.localhostProfile`
  if (type === 'Localhost') yield* validateAppArmorFile(file, at)
  else if (type === 'RuntimeDefault' || type === 'Unconfined') {
    if (file !== undefined) yield invalid(at, file, 'can only be set when AppArmor type is Localhost')
  } else yield* validateType(type, 'appArmorProfile', `${path}.type`)
}
