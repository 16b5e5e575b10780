import type { TLSSocket } from 'node:tls'
import { expect, test } from '@jest/globals'
import { readingOnce } from './certificate-memory.js'

const socket = (fingerprint256: string | undefined, authorized = true) =>
  ({ authorized, getPeerX509Certificate: () => fingerprint256 && { fingerprint256 } }) as unknown as TLSSocket

function counted(sure: (found: object) => boolean) {
  const reads: TLSSocket[] = []
  const read = readingOnce((from: TLSSocket): object => {
    reads.push(from)
    return { read: reads.length }
  }, sure)
  return { read, reads }
}

test('connections that show the same certificate are read once', () => {
  const { read, reads } = counted(() => true)
  const first = read(socket('AA'))
  expect(read(socket('AA'))).toBe(first)
  expect(read(socket('BB'))).not.toBe(first)
  expect(reads).toHaveLength(2)
})

test('what is not sure, or shows nothing, or TLS trusts in another way is read each time', () => {
  const unsure = counted(() => false)
  unsure.read(socket('AA'))
  unsure.read(socket('AA'))
  expect(unsure.reads).toHaveLength(2)
  const sure = counted(() => true)
  sure.read(socket(undefined))
  sure.read(socket(undefined))
  sure.read(socket('AA'))
  sure.read(socket('AA', false))
  expect(sure.reads).toHaveLength(4)
})

test('it is not remembered for ever how many there were', () => {
  const { read, reads } = counted(() => true)
  read(socket('first'))
  for (let n = 0; n < 1024; n++) read(socket(`${n}`))
  read(socket('first'))
  expect(reads).toHaveLength(1026)
})
