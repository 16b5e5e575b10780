import { describe, expect, test } from '@jest/globals'
import { negotiate, plainOffer, resourceOffer, wantsPretty } from './accept.js'

const table = { kind: 'Table', group: 'meta.k8s.io', version: 'v1' }

describe('negotiate', () => {
  test.each([
    [undefined, { encoding: 'json' }],
    ['', { encoding: 'json' }],
    ['*/*', { encoding: 'json' }],
    ['application/json, */*', { encoding: 'json' }],
    ['application/yaml', { encoding: 'yaml' }],
    ['application/yaml;q=0.5, application/json;q=0.1', { encoding: 'yaml' }],
    ['application/vnd.kubernetes.protobuf,application/json', { encoding: 'protobuf' }],
    [
      'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json',
      { encoding: 'json', convert: table },
    ],
    ['application/json;as=Foo;g=meta.k8s.io;v=v1, application/yaml', { encoding: 'yaml' }],
    ['application/json;stream=watch', { encoding: 'json' }],
    ['application/*, application/yaml', { encoding: 'yaml' }],
    ['application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io, */*', { encoding: 'json' }],
  ])('%s', (header, want) => expect(negotiate(header, resourceOffer)).toMatchObject(want))

  test('an unknown conversion alone is refused by the list of media types', () => {
    expect(() => negotiate('application/json;as=Foo;g=meta.k8s.io;v=v1', resourceOffer)).toThrow(
      'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf',
    )
  })

  test('there are no tables in protobuf', () => {
    expect(() => negotiate('application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io', resourceOffer)).toThrow(
      /^only the following/,
    )
  })

  test.each(['application/*', 'text/*', 'application/JSON'])(
    'the router takes %s for a name that it does not know',
    header => {
      expect(() => negotiate(header, resourceOffer)).toThrow(/^406: Not Acceptable/)
      expect(() => negotiate(header, { ...resourceOffer, unrouted: true })).not.toThrow(/^406: Not Acceptable/)
    },
  )

  test('an unknown media type is refused by the representations', () => {
    expect(() => negotiate('text/html', resourceOffer)).toThrow(
      /^406: Not Acceptable\n\nAvailable representations: application\/json, application\/yaml, application\/vnd.kubernetes.protobuf$/,
    )
    expect(() => negotiate('text/html', { ...resourceOffer, mayStream: true })).toThrow(
      'application/vnd.kubernetes.protobuf, application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch',
    )
    expect(() => negotiate('text/html', { ...plainOffer, unrouted: true })).toThrow(/^only the following/)
  })

  test('a plain endpoint shows no tables', () => {
    expect(() => negotiate('application/json;as=Table;v=v1;g=meta.k8s.io', plainOffer)).toThrow(/only the following/)
  })
})

test.each([
  ['curl/8', undefined, true],
  ['curl/8', 'pretty=0', false],
  ['kubectl', 'pretty=true', true],
  ['kubectl', 'pretty=1', true],
  ['kubectl', undefined, false],
])('%s with %s is pretty: %s', (agent, query, want) => {
  expect(wantsPretty(agent, query === undefined ? undefined : new URLSearchParams(query))).toBe(want)
})
