import { describe, expect, test } from '@jest/globals'
import { asStatic, mirrorOf, staticPodOf } from './manifest.js'

const manifest = (over: object = {}) => ({
  path: '/etc/manifests/web.yaml',
  nodeName: 'Node-1',
  seen: 0,
  text: JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', annotations: { a: 'b' } },
    spec: { containers: [{ name: 'c', image: 'i' }] },
    ...over,
  }),
})
const read = (over?: object) => staticPodOf(manifest(over), JSON.parse)

describe('a static pod', () => {
  test('is named after its node, and tolerates what happens to it', () => {
    const { metadata, spec } = read()
    expect(metadata).toMatchObject({
      name: 'web-node-1',
      namespace: 'default',
      uid: expect.stringMatching(/^[0-9a-f]{32}$/),
    })
    expect(metadata.annotations).toEqual({
      a: 'b',
      'kubernetes.io/config.hash': metadata.uid,
      'kubernetes.io/config.seen': '1970-01-01T00:00:00.000Z',
      'kubernetes.io/config.source': 'file',
    })
    expect(spec).toMatchObject({ nodeName: 'Node-1', tolerations: [{ operator: 'Exists', effect: 'NoExecute' }] })
  })

  test('is another when its file changes', () => {
    const changed = read({ spec: { containers: [{ name: 'c', image: 'i:2' }] } })
    expect(changed.metadata.uid).not.toBe(read().metadata.uid)
    expect(read().metadata.uid).toBe(read().metadata.uid)
  })

  test.each([
    [{ kind: 'Service' }, 'invalid pod: v1 Service is not a v1 Pod'],
    [{ metadata: {} }, 'invalid pod: it needs a name and containers'],
  ])('is not %j', (over, message) => {
    expect(() => read(over)).toThrow(message)
  })

  test('keeps its identity when it comes back from its mirror', () => {
    const pod = read()
    const mirror = mirrorOf(pod, { name: 'Node-1', uid: 'n' })
    expect(mirror.metadata).toMatchObject({
      annotations: { 'kubernetes.io/config.mirror': pod.metadata.uid },
      ownerReferences: [{ kind: 'Node', name: 'Node-1', uid: 'n', controller: true }],
    })
    expect(mirror.metadata.uid).toBeUndefined()
    const stored = { ...mirror, metadata: { ...mirror.metadata, uid: 'other', deletionTimestamp: 'now' } }
    const { metadata } = asStatic(stored)
    expect(metadata.uid).toBe(pod.metadata.uid)
    expect(metadata.deletionTimestamp).toBeUndefined()
  })
})
