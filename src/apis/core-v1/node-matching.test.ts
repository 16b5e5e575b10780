import { describe, expect, test } from '@jest/globals'
import type { Node, NodeSelectorRequirement, NodeSelectorTerm, Pod, Taint, Toleration } from '../generated/core-v1.js'
import { matchesRequirement, matchesTerm, podMatchesNode, preferredTermsWeight } from './node-selector.js'
import { findUntoleratedTaint, isTaintTolerated, toleratesTaint } from './taints.js'

const labels = { zone: 'a', cores: '8', empty: '' }
const node = { metadata: { name: 'n1', labels } } as unknown as Node

describe('a requirement', () => {
  test.each<[boolean, string, string, string[]]>([
    [true, 'zone', 'In', ['a', 'b']],
    [false, 'zone', 'In', ['b']],
    [false, 'other', 'In', ['a']],
    [true, 'zone', 'NotIn', ['b']],
    [true, 'other', 'NotIn', ['a']],
    [true, 'empty', 'Exists', []],
    [false, 'other', 'Exists', []],
    [true, 'other', 'DoesNotExist', []],
    [false, 'empty', 'DoesNotExist', []],
    [true, 'cores', 'Gt', ['4']],
    [false, 'cores', 'Gt', ['8']],
    [true, 'cores', 'Lt', ['10']],
    [false, 'zone', 'Gt', ['1']],
    [false, 'cores', 'Gt', ['many']],
    [false, 'constructor', 'Exists', []],
    [false, 'zone', 'Like', ['a']],
  ])('%p: %s %s %p', (wanted, key, operator, values) => {
    expect(matchesRequirement({ key, operator, values } as NodeSelectorRequirement, labels)).toBe(wanted)
  })
})

describe('a term', () => {
  const zoneA: NodeSelectorRequirement = { key: 'zone', operator: 'In', values: ['a'] }
  const named = (name: string): NodeSelectorRequirement => ({ key: 'metadata.name', operator: 'In', values: [name] })
  test.each<[string, NodeSelectorTerm, boolean]>([
    ['that is empty matches nothing', {}, false],
    ['matches by name', { matchFields: [named('n1')] }, true],
    ['needs labels and name', { matchExpressions: [zoneA], matchFields: [named('n2')] }, false],
  ])('%s', (_, term, wanted) => {
    expect(matchesTerm(term, node)).toBe(wanted)
  })

  test('adds its weight when it matches', () => {
    const preference = { matchExpressions: [zoneA] }
    const terms = [
      { weight: 5, preference },
      { weight: 7, preference: { matchFields: [named('n2')] } },
      { weight: 20, preference },
    ]
    expect(preferredTermsWeight(terms, node)).toBe(25)
  })

  test('one matching term of a required affinity is enough, and nodeSelector must match too', () => {
    const podWith = (zone: string): Pod =>
      ({
        spec: {
          containers: [],
          nodeSelector: { zone },
          affinity: {
            nodeAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: {
                nodeSelectorTerms: [{ matchFields: [named('n2')] }, { matchExpressions: [zoneA] }],
              },
            },
          },
        },
      }) as unknown as Pod
    expect(podMatchesNode(podWith('a'), node)).toBe(true)
    expect(podMatchesNode(podWith('b'), node)).toBe(false)
  })
})

describe('a toleration', () => {
  const taint: Taint = { key: 'gpu', value: 'yes', effect: 'NoSchedule' }
  test.each<[string, Toleration, boolean]>([
    ['of everything', { operator: 'Exists' }, true],
    ['of the key', { key: 'gpu', operator: 'Exists' }, true],
    ['of the key and value', { key: 'gpu', value: 'yes' }, true],
    ['of the key and value, operator written', { key: 'gpu', operator: 'Equal', value: 'yes' }, true],
    ['of another value', { key: 'gpu', value: 'no' }, false],
    ['of no value', { key: 'gpu' }, false],
    ['of another key', { key: 'cpu', operator: 'Exists' }, false],
    ['of the effect', { key: 'gpu', operator: 'Exists', effect: 'NoSchedule' }, true],
    ['of another effect', { key: 'gpu', operator: 'Exists', effect: 'NoExecute' }, false],
    ['with an unknown operator', { key: 'gpu', operator: 'Like' as never, value: 'yes' }, false],
  ])('%s', (_, toleration, wanted) => {
    expect(toleratesTaint(toleration, taint)).toBe(wanted)
  })

  test('none tolerates nothing', () => {
    expect(isTaintTolerated(undefined, taint)).toBe(false)
  })

  test('the first taint that counts and is not tolerated is found', () => {
    const list: Taint[] = [
      { key: 'a', effect: 'PreferNoSchedule' },
      { key: 'b', effect: 'NoSchedule' },
      { key: 'c', effect: 'NoSchedule' },
    ]
    const counts = ({ effect }: Taint) => effect !== 'PreferNoSchedule'
    expect(findUntoleratedTaint(list, [{ key: 'b', operator: 'Exists' }], counts)?.key).toBe('c')
    expect(findUntoleratedTaint(list, [{ operator: 'Exists' }], counts)).toBeUndefined()
  })
})
