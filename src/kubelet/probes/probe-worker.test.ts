import { describe, expect, test } from '@jest/globals'
import type { Probe } from '../../apis/generated/core-v1.js'
import { FakeClock } from '../../machinery/fake-clock.js'
import { type CheckResult, failed, succeeded } from './check.js'
import { type ProbeType, ProbeWorker } from './probe-worker.js'

function setUp(type: ProbeType, probe: Probe) {
  const clock = new FakeClock()
  const state = { answer: succeeded() as CheckResult | Error, due: true, looks: 0, told: [] as string[], changes: 0 }
  const worker = new ProbeWorker({
    clock,
    type,
    probe,
    async check() {
      state.looks++
      if (state.answer instanceof Error) throw state.answer
      return state.answer
    },
    isDue: () => state.due,
    failed: ({ output }) => void state.told.push(output),
    warned: ({ output }) => void state.told.push(output),
    errored: error => void state.told.push(error.message),
    counted() {},
    changed: () => void state.changes++,
  })
  const run = (containerId: string) => worker.follow({ containerId, startedAt: clock.now() })
  return { clock, state, worker, run }
}

describe('ProbeWorker', () => {
  test('readiness: not ready until shown, waits for the initial delay', async () => {
    const { clock, worker, run, state } = setUp('readiness', { initialDelaySeconds: 5, periodSeconds: 10 })
    run('a')
    expect(worker.verdictOn('a')).toBe('failure')
    await clock.advance(4_999)
    expect(state.looks).toBe(0)
    await clock.advance(1)
    expect([worker.verdictOn('a'), state.changes]).toEqual(['success', 1])
  })

  test('liveness: alive until it failed as often as the threshold says, then rests until the next run', async () => {
    const { clock, worker, run, state } = setUp('liveness', { periodSeconds: 1, failureThreshold: 3 })
    state.answer = failed('sick')
    run('a')
    await clock.advance(1_999)
    expect([worker.verdictOn('a'), state.looks]).toEqual(['success', 2])
    await clock.advance(1)
    expect([worker.verdictOn('a'), state.changes]).toEqual(['failure', 1])
    await clock.advance(10_000)
    expect(state.looks).toBe(3)
    state.answer = succeeded()
    run('b')
    await clock.advance(1)
    expect([worker.verdictOn('a'), worker.verdictOn('b')]).toEqual([undefined, 'success'])
    expect(state.told).toEqual(['sick', 'sick', 'sick'])
  })

  test('a success in between starts the count anew', async () => {
    const { clock, worker, run, state } = setUp('liveness', { periodSeconds: 1, failureThreshold: 2 })
    run('a')
    await clock.advance(1)
    for (const answer of [failed(''), succeeded(), failed(''), succeeded()]) {
      state.answer = answer
      await clock.advance(1_000)
    }
    expect(worker.verdictOn('a')).toBe('success')
  })

  test('startup: unknown at first, and no look after the verdict', async () => {
    const { clock, worker, run, state } = setUp('startup', { periodSeconds: 1 })
    run('a')
    expect(worker.verdictOn('a')).toBe('unknown')
    await clock.advance(5_000)
    expect([worker.verdictOn('a'), state.looks]).toEqual(['success', 1])
  })

  test('a look that could not be taken does not count, and is tried three times', async () => {
    const { clock, worker, run, state } = setUp('liveness', { periodSeconds: 1, failureThreshold: 1 })
    state.answer = new Error('no such port')
    run('a')
    await clock.advance(1)
    expect([worker.verdictOn('a'), state.looks, state.told]).toEqual(['success', 3, ['no such port']])
  })

  test('does not look out of its turn', async () => {
    const { clock, run, state } = setUp('liveness', { periodSeconds: 1 })
    state.due = false
    run('a')
    await clock.advance(3_000)
    expect(state.looks).toBe(0)
  })

  test('says nothing once stopped', async () => {
    const { clock, worker, run, state } = setUp('liveness', { periodSeconds: 1, failureThreshold: 1 })
    state.answer = failed('late')
    run('a')
    worker.stop()
    await clock.advance(3_000)
    expect([worker.verdictOn('a'), state.told]).toEqual(['success', []])
  })
})
