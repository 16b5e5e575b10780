import { expect, test } from '@jest/globals'
import { FakeClock } from '../machinery/fake-clock.js'
import { collectWhenIdle, processMemory } from './idle-collection.js'

const megabyte = 1 << 20

function newProcess() {
  const clock = new FakeClock()
  const state = { cpu: 0, heap: 50 * megabyte, garbage: 20 * megabyte, collections: 0 }
  collectWhenIdle({
    clock,
    cpuMicros: () => state.cpu,
    heapBytes: () => state.heap,
    collect() {
      state.collections++
      state.cpu += 500_000
      state.heap -= state.garbage
      state.garbage = 0
    },
  })
  const pass = async (seconds: number, cpuShare: number) => {
    for (let i = 0; i < seconds; i++) {
      state.cpu += cpuShare * 1e6
      await clock.advance(1000)
    }
  }
  const fill = (bytes: number) => {
    state.heap += bytes
    state.garbage += bytes
  }
  return { state, pass, fill }
}

test('a process that works is left alone', async () => {
  const { state, pass } = newProcess()
  await pass(60, 0.3)
  expect(state.collections).toBe(0)
})

test('a pause of some seconds between bursts of work is no rest', async () => {
  const { state, pass } = newProcess()
  for (let burst = 0; burst < 10; burst++) {
    await pass(2, 0.8)
    await pass(5, 0)
  }
  expect(state.collections).toBe(0)
})

test('one that rests gives back what it does not need, once', async () => {
  const { state, pass } = newProcess()
  await pass(1, 0.8)
  await pass(60, 0.01)
  expect(state).toMatchObject({ collections: 1, heap: 30 * megabyte })
})

test('it does so again when much has come since', async () => {
  const { state, pass, fill } = newProcess()
  await pass(10, 0)
  fill(5 * megabyte)
  await pass(10, 0)
  expect(state.collections).toBe(1)
  fill(10 * megabyte)
  await pass(10, 0)
  expect(state).toMatchObject({ collections: 2, heap: 30 * megabyte })
})

test('a collection of this very process', () => {
  const memory = processMemory()
  let garbage: object | undefined = { large: new Array(4 * megabyte).fill(1.5) }
  const before = memory.heapBytes()
  expect(garbage).toBeDefined()
  garbage = undefined
  memory.collect()
  expect(memory.heapBytes()).toBeLessThan(before - 16 * megabyte)
})
