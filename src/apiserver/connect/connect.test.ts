import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import WebSocket from 'ws'
import type { LogOptions, NodeApi } from '../../machinery/node-api.js'
import { badRequest } from '../../machinery/status-error.js'
import { newServerFixture, podBody, type ServerFixture } from '../testing/server-fixture.js'

let server: ServerFixture
const asked: { container: string; options: LogOptions }[] = []

/** Says what it was asked. */
const node: NodeApi = {
  async logs(ref, options) {
    if (ref.container === 'broken') throw badRequest('container "broken" in pod "p" is waiting to start: trying')
    asked.push({ container: ref.container, options })
    return Readable.from([`hello from ${ref.container}\n`])
  },
  async exec(_ref, command, { stdout }) {
    stdout?.write(`ran ${command.join(' ')}`)
    return 0
  },
  attach: async () => 0,
  portForward: async () => {},
}

beforeAll(async () => {
  server = await newServerFixture({ nodes: name => (name === 'n1' ? node : undefined) })
  const container = (name: string) => ({ name, image: 'i' })
  const create = (name: string, spec: object) =>
    server.agent().post('/api/v1/namespaces/default/pods').send(podBody(name, spec)).expect(201)
  await create('one', { nodeName: 'n1', containers: [container('main')] })
  await create('two', { nodeName: 'n1', containers: [container('a'), container('broken')] })
  await create('lost', { nodeName: 'n2' })
  await create('waiting', {})
})
afterAll(() => server[Symbol.asyncDispose]())

const logs = (pod: string, query = '') => server.agent().get(`/api/v1/namespaces/default/pods/${pod}/log${query}`)

describe('logs', () => {
  test('of the only container, with the options as asked', async () => {
    await logs('one', '?tailLines=5&timestamps=true&follow=false').expect(200, 'hello from main\n')
    expect(asked.at(-1)).toMatchObject({
      container: 'main',
      options: { tailLines: 5, timestamps: true, follow: false },
    })
  })

  test.each([
    ['two', '', 400, 'a container name must be specified for pod two, choose one of: [a broken]'],
    ['two', '?container=nope', 400, 'container nope is not valid for pod two'],
    ['two', '?container=broken', 400, 'container "broken" in pod "p" is waiting to start: trying'],
    ['nope', '', 404, 'pods "nope" not found'],
    ['lost', '', 404, 'pods "n2" not found'],
    [
      'one',
      '?tailLines=-1',
      422,
      'PodLogOptions "one" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0',
    ],
  ])('of %s%s: %i %s', async (pod, query, code, message) => {
    const { body } = await logs(pod, query).expect(code)
    expect(body.message).toBe(message)
  })

  test('of a pod on no node there are none', async () => {
    await logs('waiting').expect(204)
  })
})

describe('exec', () => {
  const path = '/api/v1/namespaces/default/pods/one/exec?command=echo&command=hi&stdout=1'

  const open = async (token: string) => {
    const { url, http } = await server.listen()
    const socket = new WebSocket(`${url.replace('http', 'ws')}${path}`, ['v5.channel.k8s.io'], {
      headers: { authorization: `Bearer ${token}` },
    })
    return { socket, http }
  }

  test('runs over a WebSocket', async () => {
    const { socket, http } = await open(server.adminToken)
    const frames: Buffer[] = []
    socket.on('message', data => frames.push(data as Buffer))
    await new Promise(resolve => socket.once('close', resolve))
    http.close()
    const stdout = frames.filter(frame => frame[0] === 1).map(frame => frame.subarray(1).toString())
    expect(stdout.join('')).toBe('ran echo hi')
    expect(frames.find(frame => frame[0] === 3)?.toString()).toContain('"status":"Success"')
  })

  test('is refused to those who may not', async () => {
    const { socket, http } = await open(await server.tokenOf('default', 'default'))
    const code = await new Promise(resolve => {
      socket.on('unexpected-response', (_request, response) => resolve(response.statusCode))
      socket.on('error', () => {})
    })
    http.close()
    expect(code).toBe(403)
  })

  test('asks for an upgrade', async () => {
    const { body } = await server.agent().post(path).expect(400)
    expect(body.message).toBe('Upgrade request required')
  })
})
