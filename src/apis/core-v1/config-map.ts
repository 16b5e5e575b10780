/** ConfigMap holds configuration that is no secret. */
import { type FieldError, invalid, tooLong } from '../../machinery/field-error.js'
import { defineKind } from '../../machinery/kind.js'
import type { ConfigMap } from '../generated/core-v1.js'
import { age } from '../printing/age.js'
import { wholeObject } from '../validation/whole-object.js'
import { decodedLength, maxDataBytes, validateDataKeys, validateImmutable } from './data-keys.js'

function* validateData({ data = {}, binaryData = {} }: ConfigMap): Generator<FieldError> {
  yield* validateDataKeys(data, 'data')
  for (const key in data)
    if (key in binaryData) yield invalid(`data[${key}]`, key, 'duplicate of key present in binaryData')
  yield* validateDataKeys(binaryData, 'binaryData')
  let size = 0
  for (const key in data) size += Buffer.byteLength(data[key] ?? '')
  for (const key in binaryData) size += decodedLength(binaryData[key] ?? '')
  // The whole object is too long, so no field is named.
  if (size > maxDataBytes) yield tooLong(wholeObject, maxDataBytes)
}

export const configMap = defineKind<ConfigMap>({
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  scope: 'Namespaced',
  names: { plural: 'configmaps', shortNames: ['cm'] },

  updateChecks: ['metaUpdate', 'change', 'meta', 'spec'],
  validate: validateData,
  validateUpdate: (object, old) => validateImmutable(object, old, { data: { default: 'empty' }, binaryData: {} }),

  strategy: { bumpGenerationOn: [] },
  printerColumns: [
    {
      name: 'Data',
      description:
        "Data contains the configuration data. Each key must consist of alphanumeric characters, '-', '_' or '.'. Values with non-UTF-8 byte sequences must use the BinaryData field. The keys stored in Data must not overlap with the keys in the BinaryData field, this is enforced during validation process.",
      of: ({ data = {}, binaryData = {} }) => Object.keys(data).length + Object.keys(binaryData).length,
    },
    age,
  ],
})
