import { expect, test } from '@jest/globals'
import { bracketed, joinHostPort } from './host-port.js'

test.each([
  ['10.0.0.1', '10.0.0.1:80'],
  ['web.shop.svc', 'web.shop.svc:80'],
  ['fd00::1', '[fd00::1]:80'],
])('the port of %s is %s', (host, expected) => expect(joinHostPort(host, 80)).toBe(expected))

test('without a port brackets are as before one', () => expect(bracketed('::1')).toBe('[::1]'))
