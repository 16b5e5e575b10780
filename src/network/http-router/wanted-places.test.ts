import { expect, test } from '@jest/globals'
import { gatherPlaces } from './wanted-places.js'

const pair = (name: string) => ({ certificate: name, key: name, hosts: [name] })
const keyOf = ({ address = '', port }: { address?: string; port: number }) => `${address} ${port}`

test('places of one key are one, with the certificates of all', () => {
  const gathered = gatherPlaces(
    [
      { port: 443, isTls: true, certificates: [pair('a')] },
      { port: 443, isTls: false },
      { port: 443, isTls: true, certificates: [pair('b')] },
      { address: '127.0.0.2', port: 443, isTls: true, certificates: [pair('c')] },
    ],
    keyOf,
  )
  expect([...gathered]).toEqual([
    [' 443', { port: 443, isTls: true, certificates: [pair('a'), pair('b')] }],
    ['127.0.0.2 443', { address: '127.0.0.2', port: 443, isTls: true, certificates: [pair('c')] }],
  ])
})
