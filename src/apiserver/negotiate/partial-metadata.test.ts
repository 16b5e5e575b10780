import { expect, test } from '@jest/globals'
import type { AnyObject } from '../../machinery/object-meta.js'
import { metadataBytes, partialMetadata } from './partial-metadata.js'

const stored = (annotations: Record<string, string>) => {
  const object = { metadata: { name: 'a', annotations } } as AnyObject
  return { object, revision: 1, bytes: Buffer.from('') }
}

test.each<{ of: Record<string, string>; annotations: object | undefined }>([
  { of: { hidden: '1', shown: '2' }, annotations: { shown: '2' } },
  { of: { hidden: '1' }, annotations: undefined },
  { of: { shown: '2' }, annotations: { shown: '2' } },
])('metadata by itself lacks the annotations that stand for fields: $of', ({ of, annotations }) => {
  const kind = { hiddenAnnotations: ['hidden'] }
  expect(partialMetadata(stored(of), { kind }).metadata).toEqual({ name: 'a', ...(annotations && { annotations }) })
  const text = Buffer.from(metadataBytes(stored(of), { kind })).toString()
  expect(JSON.parse(text).metadata.annotations).toEqual(annotations)
})
