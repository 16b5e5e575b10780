import { expect, test } from '@jest/globals'
import { withoutUnmatchedNulls } from './patch-errors.js'

test.each([
  [{ rules: [] }, { rules: { '': null } }, { rules: {} }],
  [{ spec: { a: 1 } }, { spec: { b: null, c: { d: null } } }, { spec: { b: null, c: {} } }],
  [{}, { a: null, b: [null] }, { a: null, b: [null] }],
])('of %j, the patch %j has lost its nulls where nothing of its form is merged with it', (current, patch, left) =>
  expect(withoutUnmatchedNulls(current, patch)).toEqual(left),
)
