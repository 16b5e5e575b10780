/** When upstream's controllers of definitions would write, and what. */
import { expect, test } from '@jest/globals'
import type { CustomResourceDefinition } from '../../apis/generated/apiextensions-v1.js'
import { type JudgedFor, judge } from './definition-status.js'

const names = { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' }
type Parts = Pick<CustomResourceDefinition, 'status'> & { group?: string; approval?: string }
const define = ({ status, group = 'example.com', approval }: Parts = {}): CustomResourceDefinition => ({
  metadata: {
    name: `widgets.${group}`,
    generation: 1,
    ...(approval && { annotations: { 'api-approved.kubernetes.io': approval } }),
  },
  spec: { group, scope: 'Namespaced', names: { ...names }, versions: [] },
  ...(status && { status }),
})
const judged = (definition: CustomResourceDefinition, last: JudgedFor = {}) => {
  const next = judge(definition, { others: [], now: 0, last })
  return next && (definition.status?.conditions ?? []).map(({ type, reason }) => `${type} ${reason}`)
}

test('names are accepted first, in a write of their own, then the definition is established', () => {
  const definition = define()
  expect(judged(definition)).toEqual(['NamesAccepted NoConflicts', 'Established Installing'])
  expect(judged(definition)).toEqual(['NamesAccepted NoConflicts', 'Established InitialNamesAccepted'])
  expect(judged(definition)).toBeUndefined()
})

test('conditions that a client takes away stay away while the names are what they were', () => {
  expect(judged(define({ status: { acceptedNames: { ...names }, conditions: [] } }))).toBeUndefined()
})

test('who loses Established alone gets it back', () => {
  const conditions = [{ type: 'NamesAccepted', status: 'True', reason: 'mine' }]
  expect(judged(define({ status: { acceptedNames: { ...names }, conditions } }))).toEqual([
    'NamesAccepted mine',
    'Established InitialNamesAccepted',
  ])
})

test('approval is told once for each annotation', () => {
  const status = { acceptedNames: { ...names }, conditions: [] }
  const definition = define({ status, group: 'x.k8s.io', approval: 'unapproved, a test' })
  expect(judged(definition, { approval: 'unapproved, a test' })).toBeUndefined()
  expect(judged(definition, { approval: 'unapproved, another' })).toEqual([
    'KubernetesAPIApprovalPolicyConformant UnapprovedAnnotation',
  ])
})
