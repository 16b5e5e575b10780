import { describe, expect, test } from '@jest/globals'
import { FakeClock } from '../machinery/fake-clock.js'
import { EventCorrelator, type RecordedEvent } from './event-correlator.js'

const event = (message: string, reason = 'Test'): RecordedEvent => ({
  metadata: { name: `web.${message}`, namespace: 'default' },
  involvedObject: { kind: 'Pod', name: 'web', namespace: 'default', uid: '1' },
  type: 'Normal',
  reason,
  message,
  count: 1,
  firstTimestamp: '2025-01-01T00:00:00Z',
  lastTimestamp: '2025-01-01T00:00:00Z',
  source: { component: 'test' },
  reportingComponent: 'test',
  reportingInstance: '',
})

const newCorrelator = (clock = new FakeClock()) => new EventCorrelator(clock, name => `${name}.combined`)

describe('the event correlator', () => {
  test('creates the first and counts the same again', () => {
    const correlator = newCorrelator()
    expect(correlator.correlate(event('a'))).toMatchObject({ action: 'create', event: { count: 1 } })
    expect(correlator.correlate(event('a'))).toMatchObject({
      action: 'patch',
      event: { count: 2, metadata: { name: 'web.a' } },
    })
  })

  test('combines from the tenth different message on', () => {
    const correlator = newCorrelator()
    const results = Array.from({ length: 11 }, (_, i) => correlator.correlate(event(`m${i}`)))
    expect(results.slice(0, 9).every(r => r.action === 'create')).toBe(true)
    expect(results[9]).toMatchObject({ action: 'create', event: { message: '(combined from similar events): m9' } })
    expect(results[10]).toMatchObject({ action: 'patch', event: { count: 2 } })
  })

  test('does not combine what is more than ten minutes apart', async () => {
    const clock = new FakeClock()
    const correlator = newCorrelator(clock)
    const messages: string[] = []
    for (let i = 0; i < 12; i++) {
      const result = correlator.correlate(event(`m${i}`))
      if (result.action !== 'skip') messages.push(result.event.message)
      await clock.advance(600_001)
    }
    expect(messages).toEqual(Array.from({ length: 12 }, (_, i) => `m${i}`))
  })

  test('lets 25 pass at once and one more every five minutes', async () => {
    const clock = new FakeClock()
    const correlator = newCorrelator(clock)
    const send = () => correlator.correlate(event('same')).action
    expect(Array.from({ length: 26 }, send).filter(a => a === 'skip')).toHaveLength(1)
    await clock.advance(299_999)
    expect(send()).toBe('skip')
    await clock.advance(1)
    expect(send()).toBe('patch')
  })
})
