import { Duplex, Writable } from 'node:stream'
import { describe, expect, test } from '@jest/globals'
import { carry } from './streams.js'

/** A connection on which the remote side says `chunks` and hangs up. */
function connectionSaying(chunks: readonly string[]): Duplex {
  const left = [...chunks]
  return new Duplex({
    read() {
      const next = left.shift()
      this.push(next === undefined ? null : Buffer.from(next))
    },
    write(_chunk, _encoding, done) {
      done()
    },
  })
}

describe('carry', () => {
  const chunks = Array.from({ length: 30 }, (_, i) => `part ${i};`)

  test('waits for a slow caller at every chunk, and leaves no listener on its stream', async () => {
    let received = ''
    let most = 0
    const stdout = new Writable({
      highWaterMark: 1,
      write(chunk: Buffer, _encoding, done) {
        received += chunk
        most = Math.max(most, stdout.listenerCount('close'), stdout.listenerCount('error'))
        setImmediate(done)
      },
    })
    await carry(connectionSaying(chunks), { stdout, tty: true, signal: new AbortController().signal })
    expect(received).toBe(chunks.join(''))
    expect(most).toBeLessThanOrEqual(2)
    expect(['drain', 'close', 'error'].map(event => stdout.listenerCount(event))).toEqual([0, 0, 0])
  })

  test('goes on to the end when the caller leaves while it is waited for', async () => {
    const stdout = new Writable({ highWaterMark: 1, write: () => setImmediate(() => stdout.destroy()) })
    await carry(connectionSaying(chunks), { stdout, tty: true, signal: new AbortController().signal })
    expect(stdout.destroyed).toBe(true)
  })
})
