import { expect, test } from '@jest/globals'
import { required } from './field-error.js'
import {
  alreadyExists,
  badRequest,
  conflict,
  forbiddenError,
  invalidObject,
  isReason,
  notFound,
  objectModified,
  tooManyRequests,
} from './status-error.js'

const deployments = { group: 'apps', names: { plural: 'deployments', singular: 'deployment' } }
const pods = { group: '', names: { plural: 'pods', singular: 'pod' } }

test.each([
  [notFound(pods, 'a'), 404, 'NotFound', 'pods "a" not found'],
  [notFound(deployments, 'a'), 404, 'NotFound', 'deployments.apps "a" not found'],
  [alreadyExists(pods, 'a'), 409, 'AlreadyExists', 'pods "a" already exists'],
  [
    conflict(pods, 'a', objectModified),
    409,
    'Conflict',
    'Operation cannot be fulfilled on pods "a": the object has been modified; please apply your changes to the latest version and try again',
  ],
  [forbiddenError(pods, '', 'no'), 403, 'Forbidden', 'pods is forbidden: no'],
  [badRequest('what?'), 400, 'BadRequest', 'what?'],
  [tooManyRequests('slow down', 2), 429, 'TooManyRequests', 'slow down'],
])('%s', (error, code, reason, message) => {
  expect(error.status).toMatchObject({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message })
  expect(isReason(error, reason as never)).toBe(true)
})

test('errors of fields: one in a line, several in brackets, each once', () => {
  const one = invalidObject({ group: 'apps', kind: 'Deployment' }, 'a', [required('spec.x')])
  expect(one.message).toBe('Deployment.apps "a" is invalid: spec.x: Required value')
  const twice = invalidObject({ group: '', kind: 'Pod' }, 'a', [required('x'), required('x'), required('y')])
  expect(twice.message).toBe('Pod "a" is invalid: [x: Required value, y: Required value]')
  expect(twice.status.details).toMatchObject({ name: 'a', kind: 'Pod' })
  expect(twice.status.details?.causes).toHaveLength(3)
})
