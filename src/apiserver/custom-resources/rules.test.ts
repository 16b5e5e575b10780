import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { newServerFixture, type ServerFixture } from '../testing/server-fixture.js'

/** What the stock server answered to the same requests. */
interface Answer {
  code: number
  message?: string
  /** `reason field: message` of each cause, sorted: upstream's order is that of a map. */
  errors?: string[]
  warning?: string[]
}

type Verb = 'create' | 'update' | 'status' | 'merge' | 'json' | 'scale' | 'apply'

interface Phase {
  schema: object
  steps: [Verb, Record<string, unknown>][]
}

const golden = <T>(name: string): T =>
  JSON.parse(readFileSync(`test/golden/custom-resources/${name}.json`, 'utf8')) as T
const definitions = golden<({ name: string; schema: object } & Answer)[]>('rule-definitions')
const objects = golden<{ name: string; phases: Phase[]; extra?: object; answers: Answer[] }[]>('rules')

const definitionPath = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const group = 'h15.example.com'

const definitionOf = (plural: string, schema: object, extra: object = {}) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${plural}.${group}` },
  spec: {
    group,
    names: { plural, kind: plural[0]!.toUpperCase() + plural.slice(1) },
    scope: 'Cluster',
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema }, ...extra }],
  },
})

let server: ServerFixture

beforeAll(async () => {
  server = await newServerFixture()
})
afterAll(() => server[Symbol.asyncDispose]())

const settled = async (check: () => boolean) => {
  for (let i = 0; i < 500 && !check(); i++) await new Promise(resolve => setImmediate(resolve))
}

/** Names of types are new each time upstream. */
const stable = (text: string) => text.replace(/selfType\d+/g, 'selfType')

interface Response {
  status: number
  headers: { warning?: string }
  body: { kind?: string; message?: string; details?: { causes?: { reason: string; field: string; message: string }[] } }
}

function answerOf({ status, headers: { warning }, body }: Response): Answer {
  const causes = body.details?.causes
  return {
    code: status,
    ...(warning && {
      warning: stable(warning)
        .split(/, (?=299)/)
        .sort(),
    }),
    ...(body.kind === 'Status' && !causes && { message: stable(body.message ?? '') }),
    ...(causes && { errors: causes.map(c => stable(`${c.reason} ${c.field}: ${c.message}`)).sort() }),
  }
}

describe('a definition with rules', () => {
  test.each(definitions)('$name', async ({ name: _, schema, ...expected }) => {
    const response = await server.agent().post(`${definitionPath}?dryRun=All`).send(definitionOf('rules', schema))
    expect(answerOf(response)).toEqual(expected)
  })
})

async function take([verb, body]: Phase['steps'][number], plural: string): Promise<Answer> {
  const agent = server.agent()
  const path = `/apis/${group}/v1/${plural}`
  const one = `${path}/x`
  const object = {
    apiVersion: `${group}/v1`,
    kind: plural[0]!.toUpperCase() + plural.slice(1),
    metadata: { name: 'x' },
  }
  const patch = (at: string, type: string, content: unknown) =>
    agent.patch(at).set('content-type', type).send(JSON.stringify(content))
  if (verb === 'create') {
    await agent.delete(one)
    return answerOf(await agent.post(path).send({ ...object, ...body }))
  }
  if (verb === 'apply')
    return answerOf(
      await patch(`${one}?fieldManager=m&force=true`, 'application/apply-patch+yaml', { ...object, ...body }),
    )
  if (verb === 'json') return answerOf(await patch(one, 'application/json-patch+json', body))
  if (verb === 'merge') return answerOf(await patch(one, 'application/merge-patch+json', body))
  if (verb === 'scale') return answerOf(await patch(`${one}/scale`, 'application/merge-patch+json', body))
  const { body: current } = await agent.get(one)
  return answerOf(await agent.put(verb === 'status' ? `${one}/status` : one).send({ ...current, ...body }))
}

describe('an object with rules', () => {
  test.each(objects.map((one, i) => ({ ...one, plural: `rules${i}` })))(
    '$name',
    async ({ plural, phases, extra, answers }) => {
      const found: Answer[] = []
      for (const [i, { schema, steps }] of phases.entries()) {
        const definition = definitionOf(plural, schema, extra)
        const before = server.rests.find(group, 'v1', plural)
        const agent = server.agent()
        const response = i
          ? await agent
              .patch(`${definitionPath}/${definition.metadata.name}`)
              .set('content-type', 'application/merge-patch+json')
              .send(JSON.stringify({ spec: definition.spec }))
          : await agent.post(definitionPath).send(definition)
        if (response.status > 201) found.push(answerOf(response))
        await settled(() => server.rests.find(group, 'v1', plural) !== before)
        for (const step of response.status > 201 ? [] : steps) found.push(await take(step, plural))
      }
      expect(found).toEqual(answers)
    },
  )
})
