import { expect, test } from '@jest/globals'
import { loadSchemas } from '../../../apis/generated/schema.js'
import { decodeObject } from '../../schema/decode.js'
import type { DecodeError } from '../../schema/decode-error.js'
import { restoreError } from './restore-error.js'

const schemas = loadSchemas()

function errorOf(type: string, document: object): string {
  try {
    decodeObject(schemas, type, document)
  } catch (error) {
    return restoreError(error as DecodeError)
  }
  return 'none'
}

test.each([
  ['core.v1.Pod', { spec: { hostname: 5 } }, 'cannot convert int64 to string'],
  ['core.v1.Pod', { spec: { hostname: 1.5 } }, 'unrecognized type: string'],
  ['core.v1.Pod', { spec: { containers: 5 } }, 'cannot restore slice from int64'],
  ['core.v1.Pod', { spec: { activeDeadlineSeconds: 1.5 } }, 'cannot convert float64 to int64'],
  ['core.v1.Pod', { metadata: { creationTimestamp: 5 } }, 'json: cannot unmarshal number into Go value of type string'],
  ['core.v1.Secret', { data: { a: 1 } }, 'cannot restore slice from int64'],
  ['core.v1.Secret', { data: { a: '%' } }, 'error decoding from json: illegal base64 data at input byte 0'],
  [
    'policy.v1.PodDisruptionBudget',
    { spec: { minAvailable: 1.5 } },
    'json: cannot unmarshal number 1.5 into Go value of type int32',
  ],
])('%s %j: %s', (type, document, message) => expect(errorOf(type, document)).toBe(message))
