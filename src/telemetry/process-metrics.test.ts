import { expect, test } from '@jest/globals'
import { newMetricRegistry } from './metrics.js'
import { ownProcess, registerProcessMetrics } from './process-metrics.js'

test('the process is described when it is asked for', async () => {
  const metrics = newMetricRegistry()
  let cpu = 1
  registerProcessMetrics(metrics, { ...ownProcess(), cpuSeconds: () => cpu, openFiles: () => undefined })
  cpu = 2.5
  const text = await metrics.metrics()
  expect(text).toContain('# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total 2.5')
  expect(text).toMatch(/process_resident_memory_bytes [1-9]\d{6,}/)
  expect(text).toMatch(/process_start_time_seconds 1[6-9]\d{8}/)
})
