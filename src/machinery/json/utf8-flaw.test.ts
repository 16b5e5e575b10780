import { expect, test } from '@jest/globals'
import { utf8Flaw } from './utf8-flaw.js'

test.each([
  ['6162', undefined],
  ['c3a4f09f9880', undefined],
  ['dddffa', 'invalid trailing UTF-8 octet'],
  ['61ff', 'invalid leading UTF-8 octet'],
  ['c3', 'incomplete UTF-8 octet sequence'],
  ['c080', 'invalid length of a UTF-8 sequence'],
  ['eda080', 'invalid Unicode character'],
])('%s: %s', (hex, flaw) => expect(utf8Flaw(Buffer.from(hex, 'hex'))).toBe(flaw))
