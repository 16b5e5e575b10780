/** Checks of a container's environment. */
import { type FieldError, invalid, required } from '../../../machinery/field-error.js'
import { nameIsDnsSubdomain } from '../../../machinery/name-rules.js'
import { isConfigMapKey, isRelaxedEnvVarName } from '../../../machinery/names.js'
import type { EnvFromSource, EnvVar, EnvVarSource, FileKeySelector } from '../../generated/core-v1.js'
import { formatErrors, validateDnsLabel, validateDnsSubdomain } from '../../validation/text.js'
import { envFieldPaths, validateFieldRef, validateResourceFieldRef } from './field-ref.js'
import { validateNoBacksteps } from './volumes/paths.js'

interface KeyRef {
  name?: string
  key: string
}

function* validateKeyRef({ name = '', key }: KeyRef, path: string): Generator<FieldError> {
  yield* validateDnsSubdomain(name, `${path}.name`)
  if (!key) yield required(`${path}.key`)
  else yield* formatErrors(isConfigMapKey, key, `${path}.key`)
}

function* validateFileKeyRef({ key, volumeName, path: file }: FileKeySelector, path: string): Generator<FieldError> {
  if (!key) yield required(`${path}.key`)
  else yield* formatErrors(isRelaxedEnvVarName, key, `${path}.key`)
  if (!volumeName) yield required(`${path}.volumeName`)
  else yield* validateDnsLabel(volumeName, `${path}.volumeName`)
  if (!file) yield required(`${path}.path`)
  else yield* validateNoBacksteps(file, `${path}.path`)
}

const envSources = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef', 'fileKeyRef'] as const

function* validateSource(source: EnvVarSource, path: string): Generator<FieldError> {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = source
  if (fieldRef) yield* validateFieldRef(fieldRef, envFieldPaths, `${path}.fieldRef`)
  if (resourceFieldRef) yield* validateResourceFieldRef(resourceFieldRef, `${path}.resourceFieldRef`, 'env')
  if (configMapKeyRef) yield* validateKeyRef(configMapKeyRef, `${path}.configMapKeyRef`)
  if (secretKeyRef) yield* validateKeyRef(secretKeyRef, `${path}.secretKeyRef`)
  if (fileKeyRef) yield* validateFileKeyRef(fileKeyRef, `${path}.fileKeyRef`)
}

function* validateValueFrom(valueFrom: EnvVarSource, value: string | undefined, path: string): Generator<FieldError> {
  yield* validateSource(valueFrom, path)
  const count = envSources.filter(name => valueFrom[name]).length
  if (!count)
    yield invalid(path, '', 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`')
  else if (value) yield invalid(path, '', 'may not be specified when `value` is not empty')
  else if (count > 1) yield invalid(path, '', 'may not have more than one field specified at a time')
}

/** A container's `env`. */
export function* validateEnv(env: readonly EnvVar[] | undefined, path: string): Generator<FieldError> {
  for (const [i, variable] of (env ?? []).entries()) {
    const at = `${path}[${i}]`
    if (!variable.name) yield required(`${at}.name`)
    else yield* formatErrors(isRelaxedEnvVarName, variable.name, `${at}.name`)
    if (variable.valueFrom) yield* validateValueFrom(variable.valueFrom, variable.value, `${at}.valueFrom`)
  }
}

function* validateEnvFromRef({ name }: { name?: string }, path: string): Generator<FieldError> {
  if (!name) yield required(`${path}.name`)
  // Upstream checks it as a prefix, so a trailing dash passes.
  else yield* formatErrors(value => nameIsDnsSubdomain(value, true), name, `${path}.name`)
}

/** A container's `envFrom`. */
export function* validateEnvFrom(sources: readonly EnvFromSource[] | undefined, path: string): Generator<FieldError> {
  for (const [i, { prefix, configMapRef, secretRef }] of (sources ?? []).entries()) {
    const at = `${path}[${i}]`
    if (prefix) yield* formatErrors(isRelaxedEnvVarName, prefix, `${at}.prefix`)
    if (configMapRef) yield* validateEnvFromRef(configMapRef, `${at}.configMapRef`)
    if (secretRef) yield* validateEnvFromRef(secretRef, `${at}.secretRef`)
    if (!configMapRef && !secretRef) yield invalid(path, '', 'must specify one of: `configMapRef` or `secretRef`')
    else if (configMapRef && secretRef) yield invalid(path, '', 'may not have more than one field specified at a time')
  }
}
