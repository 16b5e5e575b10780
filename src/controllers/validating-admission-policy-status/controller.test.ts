import { expect, test } from '@jest/globals'
import { validatingAdmissionPolicy as policyKind } from '../../apis/admissionregistration-v1/validating-admission-policy.js'
import type { ValidatingAdmissionPolicy } from '../../apis/generated/admissionregistration-v1.js'
import { startTestCluster } from '../testing/cluster.js'

const newPolicy = (name: string, ...expressions: string[]): ValidatingAdmissionPolicy => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingAdmissionPolicy',
  metadata: { name },
  spec: {
    matchConstraints: {
      resourceRules: [{ apiGroups: ['apps'], apiVersions: ['v1'], operations: ['*'], resources: ['deployments'] }],
    },
    validations: expressions.map(expression => ({ expression })),
  },
})

test('a policy is checked when it is new and when it changed', async () => {
  await using cluster = await startTestCluster()
  const { admin } = cluster
  const statusOf = async () => (await admin.get(policyKind, { name: 'p' })).status
  await admin.create(policyKind, newPolicy('p', 'object.spec.replicas > 1', "object.spec.replicas == 'one'"))
  await cluster.until('the first check', async () => (await statusOf())?.observedGeneration === 1)
  expect(await statusOf()).toEqual({
    observedGeneration: 1,
    typeChecking: {
      expressionWarnings: [
        {
          fieldRef: 'spec.validations[1].expression',
          warning:
            "apps/v1, Kind=Deployment: ERROR: <input>:1:22: found no matching overload for '_==_' applied to '(int, string)'\n" +
            " | object.spec.replicas == 'one'\n | .....................^\n",
        },
      ],
    },
  })

  const policy = await admin.get(policyKind, { name: 'p' })
  await admin.update(policyKind, { ...policy, spec: newPolicy('p', 'object.spec.replicas > 1').spec })
  await cluster.until('the second check', async () => (await statusOf())?.observedGeneration === 2)
  // Apply takes `typeChecking` away with what it held, as on the stock server.
  expect(await statusOf()).toEqual({ observedGeneration: 2 })
  const [own] = (await admin.get(policyKind, { name: 'p' })).metadata.managedFields ?? []
  expect(own).toMatchObject({
    manager: 'validatingadmissionpolicy-status',
    operation: 'Apply',
    subresource: 'status',
    fieldsV1: { 'f:status': { 'f:observedGeneration': {}, 'f:typeChecking': {} } },
  })
})
