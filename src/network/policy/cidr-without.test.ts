import { expect, test } from '@jest/globals'
import { cidrWithout } from './cidr-without.js'

test.each<[string, string[], string[]]>([
  ['10.0.0.0/30', [], ['10.0.0.0/30']],
  ['10.0.0.0/30', ['10.0.0.1/32'], ['10.0.0.0/32', '10.0.0.2/31']],
  ['10.0.0.0/8', ['10.0.0.0/9', '10.192.0.0/10'], ['10.128.0.0/10']],
  ['10.1.2.3/24', ['192.0.2.0/24'], ['10.1.2.0/24']],
  ['10.1.0.0/16', ['10.0.0.0/8'], []],
  ['0.0.0.0/0', ['128.0.0.0/1'], ['0.0.0.0/1']],
])('%s without %j', (cidr, except, expected) => expect(cidrWithout(cidr, except)).toEqual(expected))
