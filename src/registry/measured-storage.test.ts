import { expect, test } from '@jest/globals'
import { pod, service } from '../apis/core-v1/index.js'
import { FakeClock } from '../machinery/fake-clock.js'
import { newMemoryStorage } from '../storage/memory/open.js'
import { newMetricRegistry } from '../telemetry/metrics.js'
import { measureStorage } from './measured-storage.js'

test('operations are counted by what they are about', async () => {
  const clock = new FakeClock()
  const metrics = newMetricRegistry()
  const storage = measureStorage(newMemoryStorage(clock), { clock, metrics, kinds: [pod, service] })
  const bytes = Buffer.from('{"metadata":{"name":"a"}}')
  await storage.put('/registry/pods/default/a', bytes, { expect: 'absent' })
  await expect(storage.put('/registry/pods/default/a', bytes, { expect: 'absent' })).rejects.toThrow('conflict')
  await storage.put('/registry/services/specs/default/a', bytes)
  await storage.get('/registry/example.com/widgets/default/a')
  await storage.list('/registry/pods/')
  const text = await metrics.metrics()
  expect(text).toContain('etcd_requests_total{group="",operation="create",resource="pods"} 2')
  expect(text).toContain('etcd_request_errors_total{group="",operation="create",resource="pods"} 1')
  expect(text).toContain('etcd_requests_total{group="",operation="update",resource="services"} 1')
  expect(text).toContain('etcd_requests_total{group="example.com",operation="get",resource="widgets"} 1')
  expect(text).toContain('etcd_request_duration_seconds_count{group="",operation="list",resource="pods"} 1')
  await storage.close()
})
