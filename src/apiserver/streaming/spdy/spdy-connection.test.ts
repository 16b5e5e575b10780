import { once } from 'node:events'
import { afterEach, describe, expect, test } from '@jest/globals'
import { frameType, pingFrame, resetStatus, rstStreamFrame, settingsFrame, windowUpdateFrame } from './frames.js'
import { SpdyConnection } from './spdy-connection.js'
import type { SpdyStream } from './spdy-stream.js'
import { duplexPair, SpdyTestPeer } from './spdy-test-peer.js'

const open: SpdyTestPeer[] = []
afterEach(() => {
  for (const peer of open.splice(0)) peer.transport.destroy()
})

function connect(onStream: (stream: SpdyStream) => boolean = () => true) {
  const [near, far] = duplexPair()
  const streams: SpdyStream[] = []
  const connection = new SpdyConnection(near, stream => {
    streams.push(stream)
    return onStream(stream)
  })
  const running = connection.run()
  const peer = new SpdyTestPeer(far)
  open.push(peer)
  return { peer, streams, connection, running, near }
}

const echo = (stream: SpdyStream) => {
  stream.pipe(stream)
  return true
}

describe('streams', () => {
  test('are answered, carry bytes both ways and end', async () => {
    const { peer, streams } = connect(echo)
    const id = await peer.open({ streamtype: 'data' })
    await peer.control(frameType.synReply, id)
    expect(streams[0]?.headers.streamtype).toBe('data')
    peer.data(id, 'hello ')
    peer.data(id, 'world', true)
    await peer.fin(id)
    expect(peer.text(id)).toBe('hello world')
  })

  test('do not mix', async () => {
    const { peer } = connect(echo)
    const [a, b] = [await peer.open({}), await peer.open({})]
    peer.data(a, '1')
    peer.data(b, '2')
    peer.data(a, '3', true)
    peer.data(b, '4', true)
    await Promise.all([peer.fin(a), peer.fin(b)])
    expect([peer.text(a), peer.text(b)]).toEqual(['13', '24'])
  })

  test('are refused when the handler says so', async () => {
    const { peer } = connect(() => false)
    const id = await peer.open({})
    const reset = await peer.control(frameType.rstStream, id)
    expect(reset.body.readUInt32BE(4)).toBe(resetStatus.cancel)
  })

  test('end when the peer resets them', async () => {
    const { peer, streams } = connect()
    const id = await peer.open({})
    await peer.control(frameType.synReply, id)
    peer.send(rstStreamFrame(id, resetStatus.cancel))
    await once(streams[0]!, 'close')
    expect(peer.frames.some(f => f.type === frameType.rstStream)).toBe(false)
  })

  test('data for an unknown stream is answered with a reset', async () => {
    const { peer } = connect()
    peer.data(7, 'x')
    const reset = await peer.control(frameType.rstStream, 7)
    expect(reset.body.readUInt32BE(4)).toBe(resetStatus.invalidStream)
  })
})

describe('the session', () => {
  test('answers pings of the peer', async () => {
    const { peer } = connect()
    peer.send(pingFrame(41))
    expect((await peer.control(frameType.ping)).id).toBe(41)
  })

  test('says goodbye when closed, after what was written', async () => {
    const { peer, connection, streams, running } = connect()
    const id = await peer.open({})
    await peer.control(frameType.synReply, id)
    streams[0]!.end('last words')
    connection.close()
    await peer.end()
    expect(peer.text(id)).toBe('last words')
    expect(peer.frames.at(-1)?.type).toBe(frameType.goAway)
    peer.transport.end()
    await running
  })

  test.each([
    { name: 'a control frame beyond the limit', bytes: Buffer.from('80030001007fffff', 'hex') },
    { name: 'another version', bytes: Buffer.from('8002000600000004000000010', 'hex') },
    { name: 'an empty SYN_STREAM', bytes: Buffer.from('8003000100000000', 'hex') },
    { name: 'headers that do not unpack', bytes: Buffer.from('800300010000000e0000000100000000000000000000', 'hex') },
  ])('ends at $name', async ({ bytes }) => {
    const { peer, running } = connect()
    peer.send(bytes)
    const goAway = await peer.control(frameType.goAway)
    expect(goAway.body.readUInt32BE(4)).toBe(1)
    peer.transport.end()
    await running
  })

  test.each([[2], [1]])('ends at stream %i after stream 1', async second => {
    const { peer } = connect()
    await peer.openAs(1, {})
    await peer.openAs(second, {})
    expect((await peer.control(frameType.goAway)).body.readUInt32BE(4)).toBe(1)
  })

  test('ends its streams when the connection breaks', async () => {
    const { peer, streams, running } = connect()
    const id = await peer.open({})
    await peer.control(frameType.synReply, id)
    const closed = once(streams[0]!, 'close')
    peer.transport.destroy()
    await Promise.all([closed, running])
  })
})

describe('flow control', () => {
  test('does not bind a peer that never grants anything', async () => {
    const { peer, streams } = connect()
    const id = await peer.open({})
    await peer.control(frameType.synReply, id)
    streams[0]!.end(Buffer.alloc(500_000, 'x'))
    await peer.fin(id)
    expect(peer.text(id)).toHaveLength(500_000)
  })

  test('waits for a peer that grants windows', async () => {
    const { peer, streams } = connect()
    peer.send(settingsFrame(1000))
    const id = await peer.open({})
    await peer.control(frameType.synReply, id)
    streams[0]!.end(Buffer.alloc(2500, 'x'))
    await peer.frame(() => peer.text(id).length === 1000)
    peer.send(pingFrame(1))
    await peer.control(frameType.ping)
    expect(peer.text(id)).toHaveLength(1000)
    peer.send(windowUpdateFrame(id, 1500))
    await peer.fin(id)
    expect(peer.text(id)).toHaveLength(2500)
  })

  test('grants the peer what has been read', async () => {
    const { peer } = connect(stream => {
      stream.resume()
      return true
    })
    const id = await peer.open({})
    peer.data(id, Buffer.alloc(40_000))
    peer.data(id, Buffer.alloc(40_000))
    const session = await peer.control(frameType.windowUpdate, 0)
    expect(session.body.readUInt32BE(4)).toBeGreaterThanOrEqual(32_768)
    await peer.control(frameType.windowUpdate, id)
  })

  test('stops reading when nobody takes the data', async () => {
    const { peer, streams } = connect()
    const id = await peer.open({})
    await peer.control(frameType.synReply, id)
    const total = 2_000_000
    let sent = 0
    const pump = () => {
      while (sent < total) {
        peer.data(id, Buffer.alloc(10_000))
        sent += 10_000
        if (peer.transport.writableNeedDrain) return
      }
    }
    peer.transport.on('drain', pump)
    pump()
    await new Promise(resolve => setImmediate(() => setImmediate(resolve)))
    expect(streams[0]!.readableLength).toBeLessThan(400_000)
    let received = 0
    streams[0]!.on('data', chunk => {
      received += chunk.length
    })
    while (received < total) await new Promise(resolve => setImmediate(resolve))
  })
})
