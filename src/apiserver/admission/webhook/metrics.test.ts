import { expect, test } from '@jest/globals'
import { FakeClock } from '../../../machinery/fake-clock.js'
import { newMetricRegistry } from '../../../telemetry/metrics.js'
import { newWebhookMetrics } from './metrics.js'

test('each end of a call is counted where upstream counts it', async () => {
  const registry = newMetricRegistry()
  const clock = new FakeClock(0)
  const metrics = newWebhookMetrics(registry, clock)
  expect(await registry.metrics()).toBe('\n')
  const first = metrics.begin('a', true, 'CREATE')
  await clock.advance(20)
  first.allowed()
  metrics.begin('a', false, 'UPDATE').denied(418)
  metrics.begin('a', false, 'UPDATE').denied(1000)
  metrics.begin('a', false, 'UPDATE').broken()
  metrics.begin('a', false, 'DELETE').failed(503, false)
  metrics.begin('a', false, 'DELETE').failed(503, true)
  const lines = (await registry.metrics())
    .split('\n')
    .filter(line => /^apiserver_admission_webhook_(?:\w+_count|request_total)\{/.test(line))
    .map(line => line.replace('apiserver_admission_webhook_', ''))
  expect(lines.sort()).toEqual([
    'admission_duration_seconds_count{name="a",operation="CREATE",rejected="false",type="admit"} 1',
    'admission_duration_seconds_count{name="a",operation="DELETE",rejected="false",type="validating"} 1',
    'admission_duration_seconds_count{name="a",operation="DELETE",rejected="true",type="validating"} 1',
    'admission_duration_seconds_count{name="a",operation="UPDATE",rejected="true",type="validating"} 3',
    'fail_open_count{name="a",type="validating"} 1',
    'rejection_count{error_type="apiserver_internal_error",name="a",operation="UPDATE",rejection_code="0",type="validating"} 1',
    'rejection_count{error_type="calling_webhook_error",name="a",operation="DELETE",rejection_code="503",type="validating"} 1',
    'rejection_count{error_type="no_error",name="a",operation="UPDATE",rejection_code="418",type="validating"} 1',
    'rejection_count{error_type="no_error",name="a",operation="UPDATE",rejection_code="600",type="validating"} 1',
    'request_total{code="0",name="a",operation="UPDATE",rejected="true",type="validating"} 1',
    'request_total{code="200",name="a",operation="CREATE",rejected="false",type="admit"} 1',
    'request_total{code="418",name="a",operation="UPDATE",rejected="true",type="validating"} 1',
    'request_total{code="503",name="a",operation="DELETE",rejected="false",type="validating"} 1',
    'request_total{code="503",name="a",operation="DELETE",rejected="true",type="validating"} 1',
    'request_total{code="600",name="a",operation="UPDATE",rejected="true",type="validating"} 1',
  ])
})
