/** Secret holds what only some may read: passwords, keys, tokens. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { type FieldError, invalid, required, tooLong } from '../../machinery/field-error.js'
import { defineKind } from '../../machinery/kind.js'
import type { Secret } from '../generated/core-v1.js'
import { age } from '../printing/age.js'
import { immutableField } from '../validation/immutable.js'
import { decodedLength, maxDataBytes, validateDataKeys, validateImmutable } from './data-keys.js'
import { serviceAccountNameAnnotation } from './service-account-names.js'

/** Built-in values of `type`. */
export const secretTypes = {
  opaque: 'Opaque',
  serviceAccountToken: 'kubernetes.io/service-account-token',
  dockercfg: 'kubernetes.io/dockercfg',
  dockerConfigJson: 'kubernetes.io/dockerconfigjson',
  basicAuth: 'kubernetes.io/basic-auth',
  sshAuth: 'kubernetes.io/ssh-auth',
  tls: 'kubernetes.io/tls',
  bootstrapToken: 'bootstrap.kubernetes.io/token',
} as const

/** Secrets of a type must hold these keys. */
const requiredKeys: Readonly<Record<string, readonly string[]>> = {
  [secretTypes.dockercfg]: ['.dockercfg'],
  [secretTypes.dockerConfigJson]: ['.dockerconfigjson'],
  [secretTypes.sshAuth]: ['ssh-privatekey'],
  [secretTypes.tls]: ['tls.crt', 'tls.key'],
}

const jsonKeys: Readonly<Record<string, string>> = {
  [secretTypes.dockercfg]: '.dockercfg',
  [secretTypes.dockerConfigJson]: '.dockerconfigjson',
}

const textOf = (base64: string | undefined): string => Buffer.from(base64 ?? '', 'base64').toString()

function* validateJson(text: string, path: string): Generator<FieldError> {
  const redacted = '<secret contents redacted>'
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || Array.isArray(value))
      yield invalid(
        path,
        redacted,
        `json: cannot unmarshal ${jsonType(value)} into Go value of type map[string]interface {}`,
      )
  } catch {
    yield invalid(path, redacted, text ? 'invalid character in JSON' : 'unexpected end of JSON input')
  }
}

const jsonType = (value: unknown) =>
  Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value

function* validateType({ type = '', data = {}, metadata }: Secret): Generator<FieldError> {
  if (type === secretTypes.serviceAccountToken && !metadata.annotations?.[serviceAccountNameAnnotation])
    yield required(`metadata.annotations[${serviceAccountNameAnnotation}]`)
  if (type === secretTypes.basicAuth && !('username' in data) && !('password' in data)) {
    yield required('data[username]')
    yield required('data[password]')
  }
  for (const key of requiredKeys[type] ?? [])
    if (type === secretTypes.sshAuth ? !data[key] : !(key in data)) yield required(`data[${key}]`)
  const json = jsonKeys[type]
  if (json && json in data) yield* validateJson(textOf(data[json]), `data[${json}]`)
}

function* validateSecret(secret: Secret): Generator<FieldError> {
  yield* validateDataKeys(secret.data, 'data')
  let size = 0
  for (const key in secret.data) size += decodedLength(secret.data[key] ?? '')
  if (size > maxDataBytes) yield tooLong('data', maxDataBytes)
  yield* validateType(secret)
}

/** A client may write text: it becomes data, and wins over data of the same key. */
function mergeStringData(secret: Secret): void {
  const { stringData } = secret
  delete secret.stringData
  if (!stringData || !Object.keys(stringData).length) return
  secret.data = { ...secret.data }
  for (const [key, text] of Object.entries(stringData)) secret.data[key] = Buffer.from(text).toString('base64')
}

/** A key that does not belong to its certificate is accepted, with a warning. */
function tlsWarnings({ type, data = {} }: Secret): string[] {
  if (type !== secretTypes.tls) return []
  try {
    const certificate = new X509Certificate(textOf(data['tls.crt']))
    const key = createPrivateKey(textOf(data['tls.key']))
    return certificate.checkPrivateKey(key) ? [] : ['tls: private key does not match public key']
  } catch {
    return ['tls: failed to find any PEM data in certificate input']
  }
}

export const secret = defineKind<Secret>({
  group: '',
  version: 'v1',
  kind: 'Secret',
  scope: 'Namespaced',
  names: { plural: 'secrets' },

  setDefaults(object) {
    object.type ||= secretTypes.opaque
    mergeStringData(object)
  },
  updateChecks: ['metaUpdate', 'change', 'meta', 'spec'],
  validate: validateSecret,
  *validateUpdate(object, old) {
    yield* immutableField(object.type, old.type, 'type')
    yield* validateImmutable(object, old, { data: {} })
  },
  warnings: tlsWarnings,

  strategy: { bumpGenerationOn: [] },
  printerColumns: [
    {
      name: 'Type',
      description:
        'Used to facilitate programmatic handling of secret data. More info: https://kubernetes.io/docs/concepts/configuration/secret/#secret-types',
      of: ({ type }) => type ?? '',
    },
    {
      name: 'Data',
      description:
        "Data contains the secret data. Each key must consist of alphanumeric characters, '-', '_' or '.'. The serialized form of the secret data is a base64 encoded string, representing the arbitrary (possibly non-string) data value here. Described in https://tools.ietf.org/html/rfc4648#section-4",
      of: ({ data = {} }) => Object.keys(data).length,
    },
    age,
  ],
  selectableFields: { type: ({ type }) => type ?? '' },
})
