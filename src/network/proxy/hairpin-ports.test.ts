import { expect, test } from '@jest/globals'
import { newHairpinPorts } from './hairpin-ports.js'

test('each port of the bridge is told once, and again when it failed or another took its name', async () => {
  let now = ['veth1', 'veth2']
  const told: string[] = []
  const failing = new Set(['veth2'])
  const ports = newHairpinPorts({
    list: async () => now,
    async allowHairpin(port) {
      told.push(port)
      if (failing.delete(port)) throw new Error('gone')
    },
  })
  const look = async () => {
    told.length = 0
    await ports.apply(new Map())
    return [...told]
  }
  expect(await look()).toEqual(['veth1', 'veth2'])
  expect(await look()).toEqual(['veth2'])
  expect(await look()).toEqual([])
  now = ['veth2']
  expect(await look()).toEqual([])
  now = ['veth1', 'veth2']
  expect(await look()).toEqual(['veth1'])
})
