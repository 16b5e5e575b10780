/** Checks of volumes of CSI drivers. */
import { type FieldError, invalid, required, tooLong } from '../../../../machinery/field-error.js'
import { isDns1123Subdomain } from '../../../../machinery/names.js'
import type { CSIPersistentVolumeSource, CSIVolumeSource, SecretReference } from '../../../generated/core-v1.js'
import { formatErrors, validateDnsLabel, validateDnsSubdomain } from '../../../validation/text.js'

const maxDriverNameLength = 63

/** A DNS subdomain in any case, at most 63 characters. */
export function* validateCsiDriverName(name: string, path: string): Generator<FieldError> {
  if (!name) yield required(path)
  if (name.length > maxDriverNameLength) yield tooLong(path, maxDriverNameLength)
  for (const message of isDns1123Subdomain(name.toLowerCase())) yield invalid(path, name, message)
}

/** In a pod. */
export function* validateCsiVolume(source: CSIVolumeSource, path: string): Generator<FieldError> {
  yield* validateCsiDriverName(source.driver ?? '', `${path}.driver`)
  const { nodePublishSecretRef: secret } = source
  if (!secret) return
  if (!secret.name) yield required(`${path}.nodePublishSecretRef.name`)
  else yield* formatErrors(isDns1123Subdomain, secret.name, `${path}.name`)
}

function* validateSecretReference({ name, namespace }: SecretReference, path: string): Generator<FieldError> {
  if (!name) yield required(`${path}.name`)
  else yield* validateDnsSubdomain(name, `${path}.name`)
  if (!namespace) yield required(`${path}.namespace`)
  else yield* validateDnsLabel(namespace, `${path}.namespace`)
}

const secretReferences = [
  'controllerPublishSecretRef',
  'controllerExpandSecretRef',
  'nodePublishSecretRef',
  'nodeExpandSecretRef',
] as const

/** In a persistent volume. */
export function* validateCsiPersistentVolume(source: CSIPersistentVolumeSource, path: string): Generator<FieldError> {
  yield* validateCsiDriverName(source.driver ?? '', `${path}.driver`)
  if (!source.volumeHandle) yield required(`${path}.volumeHandle`)
  for (const field of secretReferences) {
    const reference = source[field]
    if (reference) yield* validateSecretReference(reference, `${path}.${field}`)
  }
}
