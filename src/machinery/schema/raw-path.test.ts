import { expect, test } from '@jest/globals'
import { loadSchemas } from '../../apis/generated/schema.js'
import { isInRaw } from './raw-path.js'

const schemas = loadSchemas()

test.each([
  ['apps.v1.ControllerRevision', 'data.a', true],
  ['apps.v1.ControllerRevision', 'data', false],
  ['apps.v1.ControllerRevision', 'metadata.labels.a', false],
  ['core.v1.Pod', 'spec.containers[0].name', false],
  ['core.v1.Pod', 'spec.nothing.there', false],
])('%s: %s is in a raw value: %j', (type, path, is) => expect(isInRaw(schemas, type, path)).toBe(is))
