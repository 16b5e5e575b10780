import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { customKind } from '../../../apis/apiextensions-v1/custom/custom-kind.js'
import type { CustomResourceDefinition } from '../../../apis/generated/apiextensions-v1.js'
import { loadSchemas } from '../../../apis/generated/schema.js'
import type { AnyKind } from '../../../machinery/kind.js'
import { loadPatternEngine } from '../../../machinery/structural/pattern.js'
import { type CommonParameters, customPaths, pathForV2 } from './operations.js'
import { type Json, type OpenApiVersion, publishedList, publishedSchema } from './published-schema.js'

interface Published {
  paths: Record<string, Json>
  definitions: Record<string, Json>
}

/** What the stock server publishes of the definition in objects.json. */
const read = <T>(name: string): T => JSON.parse(readFileSync(`test/golden/custom-resources/${name}.json`, 'utf8')) as T
const golden = read<{ v2: Published; v3: Published }>('openapi')
const { definition } = read<{ definition: CustomResourceDefinition }>('objects')

const item = 'com.example.h8.v1.CronTab'
const list = 'com.example.h8.v1.CronTabList'
const base = '/apis/h8.example.com/v1/namespaces/{namespace}/crontabs'

let kind: AnyKind

beforeAll(async () => {
  await loadPatternEngine()
  kind = customKind(definition, definition.spec.versions[0]!, { builtin: loadSchemas(), isTerminating: () => false })
})

test.each<{ version: OpenApiVersion; published: Published }>([
  { version: 2, published: golden.v2 },
  { version: 3, published: golden.v3 },
])('the definitions in OpenAPI v$version', ({ version, published }) => {
  expect(publishedSchema(kind, version)).toEqual(published.definitions[item])
  expect(publishedList(kind, item, version)).toEqual(published.definitions[list])
})

/** Parameters are those of built-in resources: here, those that the recorded document repeats. */
function recordedParameters(): CommonParameters {
  const of = (path: string, method: string) => (golden.v3.paths[path]![method] as { parameters: Json[] }).parameters
  const shared = golden.v3.paths[base]!.parameters as Json[]
  return {
    list: of(base, 'get'),
    create: of(base, 'post'),
    patch: of(`${base}/{name}`, 'patch'),
    delete: of(`${base}/{name}`, 'delete'),
    pretty: shared.find(({ name }) => name === 'pretty')!,
    namespace: shared.find(({ name }) => name === 'namespace')!,
  }
}

describe('the paths', () => {
  const names = { item, list, scale: 'io.k8s.api.autoscaling.v1.Scale' }
  const paths = () => customPaths(kind, names, recordedParameters())

  test('in OpenAPI v3', () => expect(paths()).toEqual(golden.v3.paths))

  test('in OpenAPI v2', () => {
    const sorted = (value: Json): Json => JSON.parse(JSON.stringify(value, sortParameters)) as Json
    const forV2 = Object.fromEntries(Object.entries(paths()).map(([path, one]) => [path, pathForV2(one)]))
    expect(sorted(forV2)).toEqual(sorted(golden.v2.paths))
  })
})

function sortParameters(key: string, value: unknown): unknown {
  if (key !== 'parameters') return value
  return [...(value as Json[])].sort((a, b) => (String(a.name) < String(b.name) ? -1 : 1))
}
