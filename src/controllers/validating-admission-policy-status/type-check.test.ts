import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from '@jest/globals'
import type {
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicySpec,
} from '../../apis/generated/admissionregistration-v1.js'
import type { CustomResourceDefinition } from '../../apis/generated/apiextensions-v1.js'
import { builtinKinds } from '../../apis/index.js'
import type { Client } from '../../client/client.js'
import { newInProcessClient, type ServedResource } from '../../client/in-process.js'
import type { JsonSchema } from '../../machinery/structural/json-schema.js'
import { loadPatternEngine } from '../../machinery/structural/pattern.js'
import { typesOf } from './policy-types.js'
import { expressionWarnings } from './type-check.js'

interface Golden {
  definition: CustomResourceDefinition
  policies: { name: string; spec: ValidatingAdmissionPolicySpec; status: ValidatingAdmissionPolicy['status'] }[]
}

/** What the stock server's controller manager wrote; in names of types the nanosecond is 0. */
const golden = JSON.parse(readFileSync('test/golden/cel/policy-type-checks.json', 'utf8')) as Golden

const custom: ServedResource[] = golden.definition.spec.versions.map(({ name, schema }) => ({
  group: golden.definition.spec.group,
  version: name,
  kind: golden.definition.spec.names.kind,
  scope: 'Namespaced',
  names: { plural: golden.definition.spec.names.plural, singular: 'gadget' },
  verbs: [],
  custom: { schema: schema!.openAPIV3Schema as JsonSchema },
}))
const client: Client = newInProcessClient(
  () => Promise.reject(new Error('only discovery is asked')),
  { name: 'test', groups: [] },
  () => [...builtinKinds, ...custom],
)

beforeAll(loadPatternEngine)

describe('as the stock controller', () => {
  test.each(golden.policies)('$name', async ({ name, spec, status }) => {
    const policy = { metadata: { name }, spec } as ValidatingAdmissionPolicy
    const warnings = expressionWarnings(policy, { ...(await typesOf(policy, client)), nanosecond: 0 })
    expect(warnings).toEqual(status?.typeChecking?.expressionWarnings ?? [])
  })
})
