/** Replays what the stock v1.34.4 answered to writes of kinds whose groups few clients use; see test/golden/api-groups. */
import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type supertest from 'supertest'
import { newServerFixture, type ServerFixture } from './testing/server-fixture.js'

type Tree = Record<string, unknown>
interface Write {
  write: string
  set: Tree
  code: number
  object?: Tree
  causes?: string[]
  message?: string
  warnings?: string[]
}
interface Recorded {
  path: string
  object: Tree & { metadata: { name: string } }
  columns: unknown[]
  cells: unknown[]
  writes: Write[]
}

const golden = new URL('../../test/golden/api-groups/', import.meta.url)
const files = readdirSync(golden).filter(file => file.endsWith('.json'))
const read = (file: string) => JSON.parse(readFileSync(new URL(file, golden), 'utf8')) as Recorded

/** What no two servers, or no two users, have in common. */
const differs = new Set(
  'uid resourceVersion creationTimestamp managedFields lastTransitionTime lastUpdateTime username groups extra'.split(
    ' ',
  ),
)

/** A copy with values set at their paths; null removes. An index at the end of a list adds to it. */
function changed(object: Tree, changes: Tree): Tree {
  const copy = structuredClone(object)
  for (const [path, value] of Object.entries(changes)) {
    const keys = path.split('.')
    const last = keys.pop()!
    const parent = keys.reduce<Tree>((tree, key) => (tree[key] ??= {}) as Tree, copy)
    if (value !== null) parent[last] = structuredClone(value)
    else if (Array.isArray(parent)) parent.splice(Number(last), 1)
    else delete parent[last]
  }
  return copy
}

function outcome({ status, body, headers }: supertest.Response): Omit<Write, 'write' | 'set'> {
  const warnings = headers.warning ? { warnings: [headers.warning].flat() } : {}
  if (status < 400) {
    const object = JSON.parse(JSON.stringify(body, (key, value) => (differs.has(key) ? undefined : value)))
    if (object.metadata.generateName) delete object.metadata.name
    return { code: status, object, ...warnings }
  }
  const { causes } = body.details ?? {}
  if (!causes) return { code: status, message: body.message, ...warnings }
  const lines = causes.map((c: Tree) => `${c.reason} ${c.field}: ${c.message}`)
  return { code: status, causes: lines, ...warnings }
}

let server: ServerFixture
let agent: ReturnType<ServerFixture['agent']>
beforeAll(async () => {
  server = await newServerFixture()
  agent = server.agent()
})
afterAll(() => server[Symbol.asyncDispose]())

describe.each(files)('%s', file => {
  const { path, object, columns, cells, writes } = read(file)
  const own = `${path}/${object.metadata.name}`
  const titled = writes.map(write => ({ ...write, title: `${write.write} ${JSON.stringify(write.set).slice(0, 100)}` }))

  test.each(titled.filter(({ write }) => write === 'create'))(
    '$title',
    async ({ title: _, write: __, set, ...wanted }) => {
      const response = await agent.post(`${path}?dryRun=All`).send(changed(object, set))
      expect(outcome(response)).toEqual(wanted)
    },
  )

  describe('stored', () => {
    beforeAll(async () => {
      await agent.post(path).send(object).expect(201)
      // Whoever follows the kind has written its status.
      for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate)
    })
    afterAll(() => agent.delete(own).expect(200))

    test.each(titled.filter(({ write }) => write !== 'create'))(
      '$title',
      async ({ title: _, write, set, ...wanted }) => {
        const body = changed((await agent.get(own)).body, set)
        const response = await agent.put(`${own}${write === 'update' ? '' : `/${write}`}?dryRun=All`).send(body)
        expect(outcome(response)).toEqual(wanted)
      },
    )

    test('its table', async () => {
      const { body } = await agent.get(own).set('accept', 'application/json;as=Table;v=v1;g=meta.k8s.io')
      expect(body.columnDefinitions).toEqual(columns)
      const varies = ['Age', 'Requestor'].map(name => columns.findIndex(column => (column as Tree).name === name))
      const shown = (row: unknown[]) => row.filter((_, i) => !varies.includes(i))
      expect(shown(body.rows[0].cells)).toEqual(shown(cells))
    })
  })
})
