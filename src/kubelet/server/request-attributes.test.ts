import { expect, test } from '@jest/globals'
import { attributesOf } from './request-attributes.js'

test.each([
  ['GET', '/pods', 'get', ['pods', 'proxy']],
  ['GET', '/healthz/ping', 'get', ['healthz', 'proxy']],
  ['GET', '/configz', 'get', ['configz', 'proxy']],
  ['GET', '/stats/summary', 'get', ['stats']],
  ['GET', '/metrics/cadvisor', 'get', ['metrics']],
  ['GET', '/metricsx', 'get', ['proxy']],
  ['GET', '/logs/syslog', 'get', ['log']],
  ['POST', '/exec/a/b/c', 'create', ['proxy']],
])('%s %s is %s of %j', (method, path, verb, subresources) => {
  expect(attributesOf(method, path)).toEqual({ verb, subresources })
})
