/** The channel against a server of the test's own that speaks the frames and trailers of gRPC. */
import { once } from 'node:events'
import { createServer, type Http2Server, type Http2Session, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { FakeClock } from '../../machinery/fake-clock.js'
import { FrameReader } from './frame-reader.js'
import { GrpcChannel, GrpcError, type GrpcStream } from './grpc.js'
import { type KeyValue, rangeRequest, rangeResponse } from './rpc.js'
import { decodeMessage, encodeFrame } from './wire-message.js'

let server: Http2Server
let sessions: Http2Session[]
let channel: GrpcChannel
let clock: FakeClock
let serve: (stream: ServerHttp2Stream, messages: Buffer[]) => void

/** Ends a stream as gRPC does. */
const finish = (stream: ServerHttp2Stream, frames: readonly Buffer[], trailers: Record<string, string>) => {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers(trailers))
  stream.end(Buffer.concat(frames))
}

beforeEach(async () => {
  sessions = []
  clock = new FakeClock()
  server = createServer()
  server.on('session', session => sessions.push(session))
  server.on('stream', stream => {
    const messages: Buffer[] = []
    const frames = new FrameReader(message => messages.push(message))
    stream.on('error', () => {})
    stream.on('data', (chunk: Buffer) => frames.take(chunk))
    stream.on('end', () => serve(stream, messages))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  channel = new GrpcChannel({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, clock })
})

afterEach(async () => {
  channel.close()
  for (const session of sessions) session.destroy()
  await new Promise(resolve => server.close(resolve))
})

const frame = encodeFrame(rangeRequest, { key: '/registry/x', limit: 5 })
const call = () => channel.call('/etcdserverpb.KV/Range', frame, 5000)
const failure = (): Promise<GrpcError> =>
  call().then(
    () => undefined as never,
    error => error,
  )

describe('a call', () => {
  test('brings the message there and the answer back', async () => {
    let asked: object = {}
    serve = (stream, [message]) => {
      asked = decodeMessage(rangeRequest, message!)
      const kvs: KeyValue[] = [{ key: '/registry/x', modRevision: 2 ** 40, value: Buffer.from('value') }]
      finish(stream, [encodeFrame(rangeResponse, { header: { revision: 7 }, kvs })], { 'grpc-status': '0' })
    }
    const answer = decodeMessage<{ header: object; kvs: KeyValue[] }>(rangeResponse, await call())
    expect(asked).toEqual({ key: '/registry/x', limit: 5 })
    expect(answer.header).toEqual({ revision: 7 })
    expect(answer.kvs[0]).toMatchObject({ key: '/registry/x', modRevision: 2 ** 40 })
    expect(answer.kvs[0]!.value!.toString()).toBe('value')
  })

  test('fails with the code and the words of the trailers', async () => {
    serve = stream => finish(stream, [], { 'grpc-status': '11', 'grpc-message': 'has been%20compacted' })
    expect(await failure()).toMatchObject({ code: 11, message: 'has been compacted', sent: true })
  })

  test('fails with those of the head when there is nothing else', async () => {
    serve = stream =>
      stream.respond({ ':status': 200, 'grpc-status': '14', 'grpc-message': 'no leader' }, { endStream: true })
    expect(await failure()).toMatchObject({ code: 14, message: 'no leader', sent: true })
  })

  test('may have arrived when the connection is lost after it was sent', async () => {
    serve = stream => stream.session?.destroy()
    expect(await failure()).toMatchObject({ code: 14, sent: true })
  })

  test('has surely not arrived where nobody listens; the next one connects anew', async () => {
    serve = stream => finish(stream, [encodeFrame(rangeResponse, {})], { 'grpc-status': '0' })
    const dead = new GrpcChannel({ url: 'http://127.0.0.1:1', clock })
    const error = await dead.call('/x', frame, 5000).catch(e => e)
    expect(error).toBeInstanceOf(GrpcError)
    expect(error).toMatchObject({ code: 14, sent: false })
    await call()
    for (const session of sessions) session.destroy()
    await call().catch(() => call())
    expect(sessions).toHaveLength(2)
  })

  test('ends at its deadline', async () => {
    let heard = () => {}
    const arrived = new Promise<void>(resolve => {
      heard = resolve
    })
    serve = () => heard()
    const failed = failure()
    await arrived
    await clock.advance(5000)
    expect(await failed).toMatchObject({ code: 4, sent: true })
  })
})

test('a stream carries messages both ways, however they are cut', async () => {
  const told: string[] = []
  let stream: GrpcStream | undefined
  server.removeAllListeners('stream')
  server.on('stream', other => {
    other.on('error', () => {})
    other.respond({ ':status': 200 })
    const frames = new FrameReader(message => {
      const { key } = decodeMessage<{ key: string }>(rangeRequest, message)
      const echo = encodeFrame(rangeRequest, { key: `${key}!` })
      // A head cut in two, and a message joined with the next one's head.
      other.write(echo.subarray(0, 3))
      setImmediate(() => other.write(Buffer.concat([echo.subarray(3), echo])))
    })
    other.on('data', (chunk: Buffer) => frames.take(chunk))
  })
  const ended = new Promise<GrpcError | undefined>(onEnd => {
    stream = channel.stream('/etcdserverpb.Watch/Watch', {
      onMessage(message) {
        told.push(decodeMessage<{ key: string }>(rangeRequest, message).key)
        if (told.length === 2) stream!.send(encodeFrame(rangeRequest, { key: 'b' }))
        if (told.length === 4) for (const session of sessions) session.destroy()
      },
      onEnd,
    })
  })
  stream!.send(encodeFrame(rangeRequest, { key: 'a' }))
  expect((await ended)?.code).toBe(14)
  expect(told).toEqual(['a!', 'a!', 'b!', 'b!'])
})
