/** From a document to an EncryptionConfiguration that can be used. */
import { misfits, type Shape } from '../../machinery/shape.js'
import type { EncryptionConfiguration } from './configuration.js'
import { validateEncryptionConfiguration } from './validate-configuration.js'

const version = 'apiserver.config.k8s.io/v1'

const byKeys = { keys: [{ name: 'string', secret: 'string' }] } as const
const shape: Shape = {
  apiVersion: 'string',
  kind: 'string',
  resources: [
    {
      resources: ['string'],
      providers: [
        {
          aesgcm: byKeys,
          aescbc: byKeys,
          secretbox: byKeys,
          identity: {},
          kms: { apiVersion: 'string', name: 'string', cachesize: 'number', endpoint: 'string', timeout: 'string' },
        },
      ],
    },
  ],
}

/** What is wrong with its type or its fields; undefined when nothing is. */
function decodingError(document: unknown): string | undefined {
  const { apiVersion = '', kind = '' } = (document ?? {}) as { apiVersion?: string; kind?: string }
  if (!kind) return "Object 'Kind' is missing"
  if (apiVersion !== version || kind !== 'EncryptionConfiguration')
    return `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`
  const strange = [...misfits(document, shape, '')]
  return strange.length ? `strict decoding error: ${strange.join(', ')}` : undefined
}

/** `where` is the file's name. Throws an Error in upstream's words. */
export function readEncryptionConfiguration(document: unknown, where: string): EncryptionConfiguration {
  const unfit = decodingError(document)
  if (unfit) throw new Error(`error decoding encryption provider configuration file ${JSON.stringify(where)}: ${unfit}`)
  const configuration = document as EncryptionConfiguration
  const errors = validateEncryptionConfiguration(configuration).map(({ field, message }) => `${field}: ${message}`)
  if (errors.length) throw new Error(errors.length > 1 ? `[${errors.join(', ')}]` : errors[0])
  return configuration
}
