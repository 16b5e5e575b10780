import { expect, test } from '@jest/globals'
import { defineKind } from '../../machinery/kind.js'
import type { AnyObject } from '../../machinery/object-meta.js'
import type { CallWebhook } from '../webhook-client/webhook-client.js'
import { conversionWebhook } from './conversion-webhook.js'

const v1 = defineKind<AnyObject>({
  group: 'h15.example.com',
  version: 'v1',
  kind: 'Conv',
  scope: 'Namespaced',
  names: { plural: 'convs' },
})

const stored = (name: string) =>
  ({
    apiVersion: 'h15.example.com/v2',
    kind: 'Conv',
    metadata: { name, namespace: 'default', uid: 'u', labels: { l: 'x' }, generation: 3 },
    spec: { host: 'h' },
  }) as unknown as AnyObject

interface Review {
  kind: string
  apiVersion: string
  request: { uid: string; desiredAPIVersion: string; objects: AnyObject[] }
}

// biome-ignore lint/suspicious/noExplicitAny: tests spoil answers in ways that no type allows
type Spoil = (answer: any, converted: any) => void

const answering =
  (spoil: Spoil): CallWebhook =>
  async (_config, body) => {
    const { kind, apiVersion, request } = structuredClone(body) as Review
    const convertedObjects = request.objects.map(object => ({ ...object, apiVersion: request.desiredAPIVersion }))
    const response = { uid: request.uid, result: { status: 'Success' }, convertedObjects }
    const answer = { kind, apiVersion, response }
    spoil(answer, convertedObjects[0])
    return answer
  }

const convert = (objects: AnyObject[], call: CallWebhook, versions = ['v1']) =>
  conversionWebhook(
    { strategy: 'Webhook', webhook: { clientConfig: { url: 'https://hook' }, conversionReviewVersions: versions } },
    { call, newUid: () => 'uid' },
  )!(objects, v1)

const qualified =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"

/** Messages are the stock server's. */
const failures: { name: string; spoil: Spoil; message: string }[] = [
  { name: 'a refusal', spoil: a => (a.response.result = { status: 'Failure', message: 'no' }), message: 'failed: no' },
  {
    name: 'a silent refusal',
    spoil: a => (a.response.result = { status: 'Failure' }),
    message: "failed: response.result.status was 'Failure', not 'Success'",
  },
  {
    name: 'an answer to another request',
    spoil: a => (a.response.uid = 'x'),
    message: 'failed: expected response.uid="uid", got "x"',
  },
  { name: 'no response', spoil: a => delete a.response, message: 'failed: no response provided' },
  {
    name: 'another kind of answer',
    spoil: a => (a.kind = 'Foo'),
    message:
      'failed: no kind "Foo" is registered for version "apiextensions.k8s.io/v1" in scheme "pkg/runtime/scheme.go:110"',
  },
  {
    name: 'too few objects',
    spoil: a => (a.response.convertedObjects = []),
    message: 'returned 0 objects, expected 1',
  },
  {
    name: 'another version',
    spoil: (_, o) => (o.apiVersion = 'h15.example.com/v3'),
    message:
      'returned invalid object at index 0: invalid groupVersion (expected h15.example.com/v1, received h15.example.com/v3)',
  },
  {
    name: 'another kind',
    spoil: (_, o) => (o.kind = 'Foo'),
    message: 'returned invalid object at index 0: invalid kind (expected Conv, received Foo)',
  },
  {
    name: 'another name',
    spoil: (_, o) => (o.metadata.name = 'other'),
    message: 'returned invalid object: must have the same name: a != other',
  },
  {
    name: 'no metadata',
    spoil: (_, o) => delete o.metadata,
    message: 'returned invalid object: must have the same name: a != ',
  },
  {
    name: 'labels that are none',
    spoil: (_, o) => (o.metadata.labels = { 'a b': 'c' }),
    message: `returned invalid metadata: metadata.labels: Invalid value: "a b": ${qualified}`,
  },
  {
    name: 'labels that are numbers',
    spoil: (_, o) => (o.metadata.labels = { a: 1 }),
    message: 'returned invalid metadata: metadata.labels[a] must be a string, but is int64 in converted object',
  },
  {
    name: 'labels in a list',
    spoil: (_, o) => (o.metadata.labels = []),
    message: 'returned invalid metadata: invalid metadata.labels of type []interface {} in converted object',
  },
]

test.each(failures)('a conversion webhook that gives $name', async ({ spoil, message }) => {
  await expect(convert([stored('a')], answering(spoil))).rejects.toMatchObject({
    status: { code: 500, message: `conversion webhook for h15.example.com/v2, Kind=Conv ${message}` },
  })
})

test('a webhook may change labels and annotations, nothing else of metadata', async () => {
  const spoil: Spoil = (_, o) => {
    o.metadata.labels = { new: 'label' }
    o.metadata.annotations = { a: 'b' }
    o.metadata.generation = 99
    o.metadata.finalizers = ['x/y']
  }
  const [object] = await convert([stored('a')], answering(spoil))
  const metadata = { name: 'a', namespace: 'default', uid: 'u', generation: 3 }
  expect(object?.metadata).toEqual({ ...metadata, labels: { new: 'label' }, annotations: { a: 'b' } })
})

test('objects of a list are converted together, in the first version of reviews that is known', async () => {
  const asked: string[] = []
  const call: CallWebhook = (config, body, timeout) => {
    asked.push((body as Review).apiVersion)
    return answering(() => {})(config, body, timeout)
  }
  const objects = await convert([stored('a'), stored('b')], call, ['v7', 'v1beta1', 'v1'])
  expect(objects.map(object => object.metadata.name)).toEqual(['a', 'b'])
  expect(asked).toEqual(['apiextensions.k8s.io/v1beta1'])
})
