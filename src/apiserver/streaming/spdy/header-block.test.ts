import { createHash } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { headerDictionary } from './dictionary.js'
import { HeaderBlockError, HeaderCodec } from './header-block.js'

test('the dictionary is the one of the specification', () => {
  expect(headerDictionary).toHaveLength(1423)
  const digest = createHash('sha256').update(headerDictionary).digest('hex')
  expect(digest).toBe('51d27341373f923f3cd88e1eb7162aeaa3723d7585ff2399201dc06498407f02')
})

test('blocks survive the way, and later ones are smaller', async () => {
  const [client, server] = [new HeaderCodec(), new HeaderCodec()]
  const headers = { streamtype: 'data', port: '8080', requestid: '17' }
  const sizes: number[] = []
  for (let i = 0; i < 3; i++) {
    const block = await client.pack(headers)
    sizes.push(block.length)
    expect({ ...(await server.unpack(block)) }).toEqual(headers)
  }
  expect(sizes[1]).toBeLessThan(sizes[0]!)
  client.close()
  server.close()
})

test.each([{ name: 'a block that unpacks to too much', headers: { bomb: 'x'.repeat(1_000_000) } }])(
  '$name is refused',
  async ({ headers }) => {
    const [client, server] = [new HeaderCodec(), new HeaderCodec()]
    await expect(server.unpack(await client.pack(headers))).rejects.toThrow(HeaderBlockError)
    client.close()
  },
)

test('what is no block is refused', async () => {
  const server = new HeaderCodec()
  await expect(server.unpack(Buffer.from('not zlib at all'))).rejects.toThrow(HeaderBlockError)
})
