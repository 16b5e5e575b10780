/** Errors in an EncryptionConfiguration, as kube-apiserver v1.34.4 words them. */
import { expect, test } from '@jest/globals'
import type { ResourceConfiguration } from './configuration.js'
import { readEncryptionConfiguration } from './read-configuration.js'

const document = (resources: unknown, rest = {}) => ({
  ...{ apiVersion: 'apiserver.config.k8s.io/v1', kind: 'EncryptionConfiguration', resources },
  ...rest,
})
const secret = Buffer.alloc(32, 1).toString('base64')
const decoding = 'error decoding encryption provider configuration file "keys.yaml": '
const identity: ResourceConfiguration = { resources: ['secrets'], providers: [{ identity: {} }] }

test('takes what is valid', () => {
  const resources = [
    { resources: ['events'], providers: [{ identity: {} }] },
    {
      resources: ['secrets', '*.apps'],
      providers: [{ secretbox: { keys: [{ name: 'a', secret }] } }, { identity: {} }],
    },
  ]
  expect(readEncryptionConfiguration(document(resources), 'keys.yaml').resources).toEqual(resources)
})

test.each<{ name: string; given: unknown; says: string }>([
  { name: 'nothing', given: undefined, says: `${decoding}Object 'Kind' is missing` },
  {
    name: 'another version',
    given: { apiVersion: 'v1', kind: 'EncryptionConfiguration' },
    says: `${decoding}no kind "EncryptionConfiguration" is registered for version "v1"`,
  },
  {
    name: 'fields that are not known',
    given: document([{ ...identity, providers: [{ aescbc: { keys: [{ name: 'a', secret, y: 1 }] } }] }], { foo: 1 }),
    says: `${decoding}strict decoding error: unknown field "resources[0].providers[0].aescbc.keys[0].y", unknown field "foo"`,
  },
  { name: 'no rules', given: document([]), says: 'resources: Required value: at least one resources is required' },
  {
    name: 'an empty rule',
    given: document([{}]),
    says: '[resources[0].resources: Required value: at least one resources[0].resources is required, resources[0].providers: Required value: at least one resources[0].providers is required]',
  },
  {
    name: 'a list that says the same twice',
    given: document([{ ...identity, resources: ['secrets', 'secrets'] }]),
    says: 'resources[0].resources: Invalid value: ["secrets","secrets"]: the same resource cannot be specified multiple times',
  },
  {
    name: 'a list whose rules overlap',
    given: document([{ ...identity, resources: ['secrets', '*.'] }]),
    says: 'resources[0].resources: Invalid value: ["secrets","*."]: using overlapping resources such as \'secrets\' and \'*.\' in the same resource list is not allowed as they will be masked',
  },
  ...[
    { resource: 'Pods', why: 'resource name should not contain capital letters' },
    { resource: '*', why: "use '*.' to encrypt all the resources from core API group or *.* to encrypt all resources" },
    {
      resource: 'events.events.k8s.io',
      why: "'*.events.k8s.io' objects are stored using the 'events' API group in etcd. Use 'events' instead in the config file",
    },
    { resource: 'pods.extensions', why: "'extensions' group has been removed and cannot be used for encryption" },
    { resource: 'x.*', why: 'encrypting the same resource across groups is not supported' },
    { resource: 'apiserveripinfo', why: 'resources which do not have REST API/s cannot be encrypted' },
  ].map(({ resource, why }) => ({
    name: `the resource ${resource}`,
    given: document([{ ...identity, resources: [resource] }]),
    says: `resources[0].resources[0]: Invalid value: "${resource}": ${why}`,
  })),
  {
    name: 'keys that are none, without showing them',
    given: document([
      {
        resources: ['secrets'],
        providers: [
          { aescbc: { keys: [{ name: 'a', secret: 'MDEy' }, { secret: '###' }] } },
          { secretbox: { keys: [{ name: 'b', secret: 'MDEyMzQ1Njc4OWFiY2RlZg==' }] } },
          { aesgcm: {} },
        ],
      },
    ]),
    says:
      '[resources[0].providers[0].aescbc.keys[0].secret: Invalid value: "REDACTED": secret is not of the expected length, got 3, expected one of [16 24 32], ' +
      'resources[0].providers[0].aescbc.keys[1].name: Required value: name is a mandatory field for a key, ' +
      'resources[0].providers[0].aescbc.keys[1].secret: Invalid value: "REDACTED": secrets must be base64 encoded, ' +
      'resources[0].providers[1].secretbox.keys[0].secret: Invalid value: "REDACTED": secret is not of the expected length, got 16, expected one of [32], ' +
      'resources[0].providers[2].aesgcm.keys: Required value: at least one keys is required]',
  },
  {
    name: 'a provider that is none',
    given: document([{ ...identity, providers: [{ identity: null }] }]),
    says: 'resources[0].providers[0]: Invalid value: {"AESGCM":null,"AESCBC":null,"Secretbox":null,"Identity":null,"KMS":null}: provider does not contain any of the expected providers: KMS, AESGCM, AESCBC, Secretbox, Identity',
  },
  {
    name: 'a provider that is two, without showing keys',
    given: document([{ ...identity, providers: [{ identity: {}, aesgcm: { keys: [{ name: 'a', secret }] } }] }]),
    says: 'resources[0].providers[0]: Invalid value: {"AESGCM":{"Keys":[{"Name":"a","Secret":"REDACTED"}]},"AESCBC":null,"Secretbox":null,"Identity":{},"KMS":null}: more than one provider specified in a single element, should split into different list elements',
  },
])('refuses $name', ({ given, says }) => {
  expect(() => readEncryptionConfiguration(given, 'keys.yaml')).toThrow(new Error(says))
})
