/** Custom resources come and go under ever new names: what was measured of them goes with them. */
import { expect, test } from '@jest/globals'
import { pod } from '../../apis/core-v1/index.js'
import { newMetricRegistry } from '../../telemetry/metrics.js'
import type { Exchange } from '../http/exchange.js'
import { type RequestInfo, unreadRequest } from '../request-info.js'
import { newRequestMetrics } from './request-metrics.js'

const infoOf = (resource: string): RequestInfo => ({
  ...unreadRequest,
  ...{ isResource: true, verb: 'list', group: 'example.com', version: 'v1', resource },
})

test('series of resources that are served no more are let go', async () => {
  const registry = newMetricRegistry()
  const served = new Set(['things'])
  const metrics = newRequestMetrics(registry, {
    kindOf: ({ resource }) => (served.has(resource) ? pod : undefined),
    isHealthCheck: () => false,
  })
  const use = (resource: string) => {
    const info = infoOf(resource)
    const exchange = { info, request: { headers: {} }, response: { statusCode: 200 } } as unknown as Exchange
    metrics.observe(exchange, { seconds: 0.1, waited: 0 })
    metrics.longRunning(info)()
    metrics.terminated(info, 429)
    metrics.watchEvents(info)(1, 100)
  }
  use('things')
  const end = metrics.longRunning(infoOf('things'))
  for (let n = 0; n < 1000; n++) {
    served.add(`made-up-${n}`)
    use(`made-up-${n}`)
    served.delete(`made-up-${n}`)
  }
  const text = await registry.metrics()
  for (const name of [
    'apiserver_request_total',
    'apiserver_longrunning_requests',
    'apiserver_request_terminations_total',
    'apiserver_watch_events_total',
  ]) {
    const lines = text.split('\n').filter(line => line.startsWith(`${name}{`))
    expect(lines.length).toBeLessThan(129)
    expect(lines.some(line => line.includes('resource="things"'))).toBe(true)
  }
  end()
})
