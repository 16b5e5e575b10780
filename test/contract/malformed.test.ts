/** A short run of `npm run safety -- malformed` against the server in this process. */
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { newServerFixture, type ServerFixture } from '../../src/apiserver/testing/server-fixture.js'
import { describeFailure, playMalformed } from '../safety/malformed.js'

let server: ServerFixture
beforeAll(async () => {
  server = await newServerFixture()
})
afterAll(() => server[Symbol.asyncDispose]())

test('broken requests are never answered with a 5xx', async () => {
  const { url, http } = await server.listen()
  const { hostname, port } = new URL(url)
  const open = () =>
    new Promise<Socket>((resolve, reject) => {
      const socket: Socket = connect({ host: hostname, port: Number(port) }, () => resolve(socket))
      socket.on('error', reject)
    })
  const authorization = `Bearer ${server.adminToken}`
  const { failures, codes } = await playMalformed({ connect: open, authorization, requests: 300, seed: 7 })
  http.close()
  expect(failures.map(describeFailure)).toEqual([])
  expect([...codes.keys()]).toEqual(expect.arrayContaining([200, 400, 404, 422]))
})
