import { expect, test } from '@jest/globals'
import { evaluateSteps } from './evaluate.js'
import { parseJsonPath } from './parse.js'

const object = {
  spec: { list: [{ n: 1 }, { n: 2 }, { n: 3 }], 'a.b': 'dotted', nothing: null },
  status: {
    conditions: [
      { type: 'Ready', status: 'True' },
      { type: 'Old', status: 'False' },
    ],
  },
}

test.each([
  { path: '.spec.list[0].n', values: [1] },
  { path: '.spec.list[-1].n', values: [3] },
  { path: '.spec.list[*].n', values: [1, 2, 3] },
  { path: '.spec.list[0:2].n', values: [1, 2] },
  { path: '.spec.list[?(@.n>1)].n', values: [2, 3] },
  { path: '.status.conditions[?(@.type=="Ready")].status', values: ['True'] },
  { path: ".status.conditions[?(@.type=='Gone')].status", values: [] },
  { path: '.spec.a\\.b', values: ['dotted'] },
  { path: ".spec['a.b']", values: ['dotted'] },
  { path: '..status', values: [object.status, 'True', 'False'] },
  { path: '.spec.nothing', values: [null] },
  { path: '.spec.none.at.all', values: [] },
  { path: '.constructor', values: [] },
])('$path', ({ path, values }) => {
  expect(evaluateSteps(parseJsonPath(path), object)).toEqual(values)
})

test.each(['.spec[', '.spec[?(]', 'spec', '.a[x]'])('%s cannot be read', path => {
  expect(() => parseJsonPath(path)).toThrow()
})
