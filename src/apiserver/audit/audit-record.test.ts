import { expect, test } from '@jest/globals'
import type { Status } from '../../machinery/status-error.js'
import { resourceAttributes } from '../authz/attributes.js'
import { AuditRecord } from './audit-record.js'
import type { AuditLevel } from './policy.js'

const message = ' "" is invalid: patch: Invalid value: "map[data:map[password:[a \\"b]]]": unrecognized type: uint8'
const refusal: Status = {
  ...{ apiVersion: 'v1', kind: 'Status', metadata: {}, status: 'Failure', reason: 'Invalid', code: 422, message },
  details: { causes: [{ message: 'Invalid value: "hunter2": no', field: 'patch' }] },
}

/** The line of a refused patch. */
function lineOf(resource: string, level: AuditLevel): string {
  const lines: string[] = []
  const attributes = resourceAttributes({ name: 'bob', groups: [] }, { verb: 'patch', resource, name: 'x' })
  const request = { id: '1', uri: '/', sourceIps: [], userAgent: 'x'.repeat(2000), attributes, isLongRunning: false }
  const choice = { level, omitStages: new Set<never>(), omitManagedFields: false }
  const record = new AuditRecord(request, choice, { now: () => 0, write: l => lines.push(l) })
  record.told(refusal)
  record.ended(422)
  return lines.at(-1)!
}

test('where of secrets only metadata is recorded, errors do not quote them', () => {
  const line = lineOf('secrets', 'Metadata')
  expect(line).not.toMatch(/password|hunter2/)
  expect(JSON.parse(line).responseStatus).toMatchObject({
    message: ' "" is invalid: patch: Invalid value: "…": unrecognized type: uint8',
    details: { causes: [{ message: 'Invalid value: "…": no' }] },
  })
})

test('other errors are recorded as they were told, and long user agents cut', () => {
  const event = JSON.parse(lineOf('configmaps', 'Metadata'))
  expect(event.responseStatus.message).toBe(message)
  expect(event.userAgent).toBe(`${'x'.repeat(1024)}...TRUNCATED`)
})
