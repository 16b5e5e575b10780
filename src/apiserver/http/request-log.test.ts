import { expect, test } from '@jest/globals'
import { type Logger, silentLogger } from '../../telemetry/logger.js'
import type { Exchange } from './exchange.js'
import { newRequestLog } from './request-log.js'

const exchange = {
  info: { verb: 'create' },
  user: { name: 'alice', groups: [] },
  request: {
    url: '/api/v1/namespaces/ns/secrets?dryRun=All',
    headers: {
      'user-agent': 'kubectl/v1.34',
      'x-forwarded-for': '192.0.2.1, 192.0.2.2',
      authorization: 'Bearer canary',
    },
    socket: { remoteAddress: '::ffff:127.0.0.1' },
  },
  response: { statusCode: 201, getHeader: (name: string) => (name === 'Audit-Id' ? 'id-1' : undefined) },
} as unknown as Exchange

test('a line says who asked for what and how it ended, and nothing of credentials', () => {
  const lines: object[] = []
  const log: Logger = {
    ...silentLogger,
    isLevelEnabled: level => level === 'debug',
    debug: (fields, message) => void lines.push({ message, ...fields }),
  }
  newRequestLog(log)!(exchange, 12.3456)
  expect(lines).toEqual([
    {
      message: 'HTTP',
      verb: 'create',
      uri: '/api/v1/namespaces/ns/secrets?dryRun=All',
      code: 201,
      ms: 12.3,
      user: 'alice',
      userAgent: 'kubectl/v1.34',
      auditId: 'id-1',
      from: '192.0.2.1',
    },
  ])
})

test('nothing is made where nobody wants it', () => {
  expect(newRequestLog(silentLogger)).toBeUndefined()
})
