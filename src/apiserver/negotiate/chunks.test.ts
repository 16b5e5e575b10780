import { expect, test } from '@jest/globals'
import { chunked } from './chunks.js'

const quarter = 100 * 1024
const parts = [1, 2, 3, 4].map(n => ({ head: `${n}:`, tail: Buffer.alloc(quarter, String(n)) }))
const whole = `${parts.map(({ head, tail }) => head + tail).join('')}end`

test('parts and end one after the other, in chunks that stay as they are', () => {
  const { bytes, chunks } = chunked(parts, 'end')
  const made = [...chunks()]
  expect(made.length).toBeGreaterThan(1)
  expect(Buffer.concat(made).toString()).toBe(whole)
  expect(bytes).toBe(whole.length)
})

test('chunks in the same memory are good until the next is asked for', () => {
  const seen: string[] = []
  const memory = new Set<ArrayBufferLike>()
  for (const chunk of chunked(parts, 'end').chunks('reusing')) {
    seen.push(Buffer.from(chunk).toString())
    memory.add(chunk.buffer)
  }
  expect(seen.join('')).toBe(whole)
  expect(memory.size).toBe(1)
})

test('a part larger than a chunk has one of its own', () => {
  const large = { head: '', tail: Buffer.alloc(1024 * 1024, 'x') }
  const sizes = [...chunked([large, ...parts.slice(0, 1), large], '').chunks('reusing')].map(chunk => chunk.length)
  expect(sizes).toEqual([1024 * 1024, quarter + 2, 1024 * 1024])
})

test('no parts, only an end', () => {
  expect(Buffer.concat([...chunked([], 'end').chunks()]).toString()).toBe('end')
})
