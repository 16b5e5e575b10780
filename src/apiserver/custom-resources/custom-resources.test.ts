import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { newServerFixture, type ServerFixture } from '../testing/server-fixture.js'

/** What the stock server answered, to the same requests, as dry runs. */
interface Answer {
  name: string
  fieldValidation?: string
  body: string
  code: number
  warning?: string
  message?: string
  /** `reason field: message` of each cause, sorted: upstream's order is that of a map. */
  errors?: string[]
  object?: Record<string, unknown>
}

const golden = <T>(name: string): T =>
  JSON.parse(readFileSync(`test/golden/custom-resources/${name}.json`, 'utf8')) as T
const objects = golden<{ definition: object; answers: Answer[] }>('objects')
const definitions = golden<{ answers: Answer[] }>('definitions')

const definitionPath = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const objectPath = '/apis/h8.example.com/v1/namespaces/default/crontabs'

let server: ServerFixture

const settled = async (check: () => boolean | Promise<boolean>) => {
  for (let i = 0; i < 200 && !(await check()); i++) await new Promise(resolve => setImmediate(resolve))
}
const isServed = () => server.rests.find('h8.example.com', 'v1', 'crontabs') !== undefined

beforeAll(async () => {
  server = await newServerFixture()
  await server.agent().post(definitionPath).send(objects.definition).expect(201)
  await settled(isServed)
})
afterAll(() => server[Symbol.asyncDispose]())

const changing = ['uid', 'creationTimestamp', 'resourceVersion', 'managedFields']

function withoutTimes(object: Record<string, unknown>): Record<string, unknown> {
  const metadata = { ...(object.metadata as Record<string, unknown>) }
  for (const name of changing) delete metadata[name]
  return { ...object, metadata }
}

async function answerTo(path: string, { fieldValidation, body }: Answer) {
  const query = fieldValidation ? `&fieldValidation=${fieldValidation}` : ''
  const response = await server
    .agent()
    .post(`${path}?dryRun=All${query}`)
    .set('content-type', 'application/json')
    .set('accept', 'application/json')
    .send(body)
  const { kind, message, details } = response.body as {
    kind?: string
    message?: string
    details?: { causes?: { reason: string; field: string; message: string }[] }
  }
  const warning = response.headers.warning as string | undefined
  const common = { code: response.status, ...(warning && { warning }) }
  if (kind !== 'Status') return { ...common, object: withoutTimes(response.body) }
  if (!details?.causes) return { ...common, message }
  const errors = details.causes.map(cause => `${cause.reason} ${cause.field}: ${cause.message}`)
  return { ...common, errors: errors.sort() }
}

describe('a definition', () => {
  test.each(definitions.answers)('$name', async ({ name: _, body, fieldValidation, ...expected }) => {
    expect(
      await answerTo(definitionPath, { name: '', body, code: 0, ...(fieldValidation && { fieldValidation }) }),
    ).toEqual(expected)
  })
})

describe('an object of a definition', () => {
  test.each(objects.answers)('$name', async ({ name: _, body, fieldValidation, ...expected }) => {
    expect(
      await answerTo(objectPath, { name: '', body, code: 0, ...(fieldValidation && { fieldValidation }) }),
    ).toEqual(expected)
  })
})

const newObject = (name: string, spec: object = {}) => ({
  apiVersion: 'h8.example.com/v1',
  kind: 'CronTab',
  metadata: { name },
  spec: { cronSpec: 'abc', ...spec },
})
const merge = (path: string, body: object) =>
  server.agent().patch(path).set('content-type', 'application/merge-patch+json').send(JSON.stringify(body))

describe('custom resources', () => {
  test('are listed with their type, and found by the fields that are selectable', async () => {
    await server.agent().post(objectPath).send(newObject('listed')).expect(201)
    const { body } = await server.agent().get(`${objectPath}?fieldSelector=spec.cronSpec%3Dabc`).expect(200)
    expect(body.metadata.continue).toBe('')
    expect(body.items.map((item: { kind: string }) => item.kind)).toContain('CronTab')
    await server.agent().get(`${objectPath}?fieldSelector=spec.mode%3DA`).expect(400)
  })

  test('change their generation with anything but metadata and status', async () => {
    await server.agent().post(objectPath).send(newObject('generations')).expect(201)
    const path = `${objectPath}/generations`
    const labelled = await merge(path, { metadata: { labels: { a: 'b' } } }).expect(200)
    expect(labelled.body.metadata.generation).toBe(1)
    const changed = await merge(path, { spec: { replicas: 4 } }).expect(200)
    expect(changed.body.metadata.generation).toBe(2)
    const status = await merge(`${path}/status`, { status: { phase: 'x' }, spec: { replicas: 9 } }).expect(200)
    expect(status.body).toMatchObject({ metadata: { generation: 2 }, spec: { replicas: 4 }, status: { phase: 'x' } })
  })

  test('are scaled', async () => {
    await server.agent().post(objectPath).send(newObject('scaled')).expect(201)
    const { body } = await merge(`${objectPath}/scaled/scale`, { spec: { replicas: 7 } }).expect(200)
    expect(body).toMatchObject({ kind: 'Scale', spec: { replicas: 7 } })
    await merge(`${objectPath}/scaled/scale`, { spec: { replicas: 70 } }).expect(422)
  })

  test('are never protobuf, and know no strategic merge', async () => {
    await server.agent().get(objectPath).set('accept', 'application/vnd.kubernetes.protobuf').expect(406)
    const patch = server.agent().patch(`${objectPath}/listed`).send('{}')
    await patch.set('content-type', 'application/strategic-merge-patch+json').expect(415)
  })

  test('that were wrong before an update may stay as wrong as they were', async () => {
    const crontab = { ...objects.definition, metadata: { name: 'ratchets.h8.example.com' } }
    const copy = JSON.parse(JSON.stringify(crontab))
    copy.spec.names = { plural: 'ratchets', kind: 'Ratchet' }
    copy.spec.versions[0].schema.openAPIV3Schema = {
      type: 'object',
      properties: { a: { type: 'string' }, b: { type: 'string' } },
    }
    delete copy.spec.versions[0].selectableFields
    await server.agent().post(definitionPath).send(copy).expect(201)
    await settled(() => server.rests.find('h8.example.com', 'v1', 'ratchets') !== undefined)
    const path = '/apis/h8.example.com/v1/namespaces/default/ratchets'
    const object = { apiVersion: 'h8.example.com/v1', kind: 'Ratchet', metadata: { name: 'x' }, a: 'long', b: 'c' }
    await server.agent().post(path).send(object).expect(201)
    const schema = { openAPIV3Schema: { properties: { a: { maxLength: 1 }, b: { maxLength: 1 } } } }
    const versions = [
      {
        ...copy.spec.versions[0],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              a: { type: 'string', ...schema.openAPIV3Schema.properties.a },
              b: { type: 'string', ...schema.openAPIV3Schema.properties.b },
            },
          },
        },
      },
    ]
    await merge(`${definitionPath}/ratchets.h8.example.com`, { spec: { versions } }).expect(200)
    await settled(async () => (await merge(`${path}/x?dryRun=All`, { a: 'longer' })).status === 422)
    await merge(`${path}/x`, { b: 'd' }).expect(200)
    await merge(`${path}/x`, { b: 'dd' }).expect(422)
  })
})

describe('the end of a definition', () => {
  test('takes its objects, its paths and its place in discovery along', async () => {
    const name = 'gones.h8.example.com'
    const copy = { ...JSON.parse(JSON.stringify(objects.definition)), metadata: { name } }
    copy.spec.names = { plural: 'gones', kind: 'Gone' }
    await server.agent().post(definitionPath).send(copy).expect(201)
    const find = () => server.rests.find('h8.example.com', 'v1', 'gones')
    await settled(() => find() !== undefined)
    const path = '/apis/h8.example.com/v1/namespaces/default/gones'
    await server
      .agent()
      .post(path)
      .send({ ...newObject('x'), kind: 'Gone' })
      .expect(201)
    const { body } = await server.agent().delete(`${definitionPath}/${name}`).expect(200)
    expect(body.metadata.finalizers).toEqual(['customresourcecleanup.apiextensions.k8s.io'])
    await settled(() => find() === undefined)
    expect((await server.agent().get(path)).status).toBe(404)
    const { body: discovery } = await server.agent().get('/apis/h8.example.com/v1').expect(200)
    expect(discovery.resources.map((resource: { name: string }) => resource.name)).not.toContain('gones')
    await server.agent().get(`${definitionPath}/${name}`).expect(404)
  })

  test('frees its names for another definition that waits for them', async () => {
    const named = (plural: string, kind: string) => {
      const copy = { ...JSON.parse(JSON.stringify(objects.definition)), metadata: { name: `${plural}.h8.example.com` } }
      copy.spec.names = { plural, kind, shortNames: ['sn'] }
      return copy
    }
    await server.agent().post(definitionPath).send(named('firsts', 'First')).expect(201)
    await settled(() => server.rests.find('h8.example.com', 'v1', 'firsts') !== undefined)
    await server.agent().post(definitionPath).send(named('seconds', 'First')).expect(201)
    const conditionOf = async (type: string) => {
      const { body } = await server.agent().get(`${definitionPath}/seconds.h8.example.com`)
      return body.status?.conditions?.find((condition: { type: string }) => condition.type === type)
    }
    await settled(async () => (await conditionOf('NamesAccepted')) !== undefined)
    expect(await conditionOf('NamesAccepted')).toMatchObject({
      status: 'False',
      reason: 'ListKindConflict',
      message: '"FirstList" is already in use',
    })
    expect(await conditionOf('Established')).toMatchObject({ status: 'False', reason: 'NotAccepted' })
    await server.agent().delete(`${definitionPath}/firsts.h8.example.com`).expect(200)
    await settled(async () => (await conditionOf('Established'))?.status === 'True')
    expect(await conditionOf('NamesAccepted')).toMatchObject({ status: 'True', reason: 'NoConflicts' })
  })
})
