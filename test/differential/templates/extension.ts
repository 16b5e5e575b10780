/** Kinds of certificates, admissionregistration, apiextensions, apiregistration, flowcontrol and resource. */
import { kindOf, type Template } from './template.js'

/** `CN=u`, made once with openssl. */
const certificateRequest =
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIRk1HNENBUUF3RERFS01BZ0dBMVVFQXd3QmRUQlpNQk1HQnlxR1NNNDlBZ0VHQ0NxR1NNNDlBd0VIQTBJQQpCRHQvYXphOVBlWEtISTB2d3ZIaWNBS2pPdC8xN3RiTWZEUm1VcHBxOFNCTHhTckxqUGY2VHhvR2tFMFZxMmJJCmkyTEgvdXJkR0QvdmJyS21jS004QU95Z0FEQUtCZ2dxaGtqT1BRUURBZ05IQURCRUFpQk53WldMZHVkZTFGK2oKaWN3WHZLZDBzMmVCQzVxN0xqSFNMT2JLdG9nOW13SWdZTlZWays0SDNieU9vWnRreDFFZlM4U3pRM01MSHJ1aAp0bVh1T0xUWmQ3TT0KLS0tLS1FTkQgQ0VSVElGSUNBVEUgUkVRVUVTVC0tLS0tCg=='
const webhook = {
  name: 'a.example.com',
  clientConfig: { url: 'https://127.0.0.1:1/x' },
  rules: [{ apiGroups: ['never.example.com'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['nothings'] }],
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
}
const neverMatches = {
  resourceRules: [
    { apiGroups: ['never.example.com'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['nothings'] },
  ],
}
const webhookVariants = [
  { webhooks: [{ ...webhook, failurePolicy: 'Ignore', timeoutSeconds: 3, matchPolicy: 'Exact' }] },
  {
    webhooks: [
      {
        ...webhook,
        clientConfig: { service: { name: 's', namespace: 'n' } },
        objectSelector: { matchLabels: { a: 'b' } },
      },
    ],
  },
  { webhooks: [{ ...webhook, matchConditions: [{ name: 'c', expression: 'true' }] }] },
]
const webhookChanges = [
  { webhooks: [] },
  { webhooks: [{ ...webhook, sideEffects: 'Some' }] },
  { webhooks: [{ ...webhook, timeoutSeconds: 60 }] },
  { webhooks: [webhook, webhook] },
  { webhooks: [{ ...webhook, matchConditions: [{ name: 'c', expression: 'object.x +' }] }] },
]
const crdVersion = { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }
const request = { name: 'r', exactly: { deviceClassName: 'c' } }

export const extensionTemplates: readonly Template[] = [
  kindOf('certificates.k8s.io/v1 CertificateSigningRequest certificatesigningrequests cluster', {
    body: { spec: { request: certificateRequest, signerName: 'example.com/s', usages: ['client auth'] } },
    variants: [{ spec: { expirationSeconds: 600 } }],
    changes: [
      { spec: { signerName: 'example.com/t' } },
      { spec: { usages: ['any'] } },
      { metadata: { labels: { a: 'b' } } },
    ],
    subresources: ['status', 'approval'],
  }),
  kindOf('admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration validatingwebhookconfigurations cluster', {
    frozen: ['rules'],
    body: { webhooks: [webhook] },
    variants: webhookVariants,
    changes: webhookChanges,
  }),
  kindOf('admissionregistration.k8s.io/v1 MutatingWebhookConfiguration mutatingwebhookconfigurations cluster', {
    frozen: ['rules'],
    body: { webhooks: [webhook] },
    variants: [...webhookVariants, { webhooks: [{ ...webhook, reinvocationPolicy: 'IfNeeded' }] }],
    changes: webhookChanges,
  }),
  kindOf('admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy validatingadmissionpolicies cluster', {
    frozen: ['matchConstraints', 'resourceRules'],
    body: { spec: { matchConstraints: neverMatches, validations: [{ expression: 'true' }] } },
    variants: [
      {
        spec: {
          failurePolicy: 'Ignore',
          variables: [{ name: 'a', expression: '1' }],
          auditAnnotations: [{ key: 'k', valueExpression: "'v'" }],
        },
      },
    ],
    changes: [
      { spec: { validations: [{ expression: 'tru(' }] } },
      { spec: { validations: null } },
      { spec: { paramKind: { apiVersion: 'v1', kind: 'ConfigMap' } } },
    ],
    subresources: ['status'],
  }),
  kindOf('admissionregistration.k8s.io/v1 ValidatingAdmissionPolicyBinding validatingadmissionpolicybindings cluster', {
    body: { spec: { policyName: 'nothing.example.com', validationActions: ['Deny'] } },
    variants: [{ spec: { paramRef: { name: 'p', parameterNotFoundAction: 'Deny' } } }],
    changes: [{ spec: { validationActions: ['Deny', 'Warn'] } }, { spec: { policyName: '' } }],
  }),
  kindOf('apiextensions.k8s.io/v1 CustomResourceDefinition customresourcedefinitions cluster', {
    settles: '"InitialNamesAccepted"',
    nameOf: base => `${base.replaceAll('-', '')}s.example.com`,
    body: name => {
      const plural = name.split('.')[0]!
      const names = { plural, singular: plural.slice(0, -1), kind: `K${plural}` }
      return { spec: { group: 'example.com', scope: 'Namespaced', names, versions: [crdVersion] } }
    },
    variants: [
      {
        spec: {
          versions: [
            {
              ...crdVersion,
              subresources: { status: {} },
              additionalPrinterColumns: [{ name: 'A', type: 'string', jsonPath: '.a' }],
            },
          ],
        },
      },
    ],
    changes: [
      { spec: { scope: 'Cluster' } },
      { spec: { group: 'other.com' } },
      { spec: { versions: [] } },
      { spec: { versions: [{ ...crdVersion, schema: null }] } },
    ],
    subresources: ['status'],
  }),
  kindOf('apiregistration.k8s.io/v1 APIService apiservices cluster', {
    settles: '"Available"',
    nameOf: base => `v1.${base}.example.com`,
    body: name => ({
      spec: {
        group: name.slice(3),
        version: 'v1',
        groupPriorityMinimum: 100,
        versionPriority: 10,
        service: { name: 's', namespace: 'default' },
        insecureSkipTLSVerify: true,
      },
    }),
    changes: [{ spec: { versionPriority: 0 } }, { spec: { version: 'v2' } }, { spec: { caBundle: 'eA==' } }],
    subresources: ['status'],
  }),
  kindOf('flowcontrol.apiserver.k8s.io/v1 FlowSchema flowschemas cluster', {
    settles: '"Dangling"',
    body: { spec: { priorityLevelConfiguration: { name: 'global-default' }, matchingPrecedence: 9000 } },
    variants: [
      {
        spec: {
          distinguisherMethod: { type: 'ByUser' },
          rules: [
            {
              subjects: [{ kind: 'User', user: { name: 'nobody' } }],
              nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/nothing'] }],
            },
          ],
        },
      },
    ],
    changes: [
      { spec: { matchingPrecedence: 0 } },
      { spec: { rules: [{ subjects: [] }] } },
      { spec: { distinguisherMethod: { type: 'Odd' } } },
    ],
    subresources: ['status'],
  }),
  kindOf('flowcontrol.apiserver.k8s.io/v1 PriorityLevelConfiguration prioritylevelconfigurations cluster', {
    body: { spec: { type: 'Limited', limited: { nominalConcurrencyShares: 1, limitResponse: { type: 'Reject' } } } },
    variants: [
      {
        spec: {
          limited: { limitResponse: { type: 'Queue', queuing: { queues: 4, handSize: 2, queueLengthLimit: 5 } } },
        },
      },
    ],
    changes: [
      { spec: { type: 'Exempt' } },
      { spec: { limited: { limitResponse: { type: 'Queue' } } } },
      { spec: { limited: { borrowingLimitPercent: -1 } } },
    ],
    subresources: ['status'],
  }),
  kindOf('resource.k8s.io/v1 DeviceClass deviceclasses cluster', {
    body: { spec: {} },
    variants: [{ spec: { selectors: [{ cel: { expression: 'device.driver == "d"' } }] } }],
    changes: [{ spec: { selectors: [{ cel: { expression: '1' } }] } }, { spec: { config: [{}] } }],
  }),
  kindOf('resource.k8s.io/v1 ResourceClaim resourceclaims', {
    body: { spec: { devices: { requests: [request] } } },
    variants: [
      { spec: { devices: { requests: [{ name: 'r', exactly: { deviceClassName: 'c', allocationMode: 'All' } }] } } },
    ],
    changes: [{ spec: { devices: { requests: [] } } }, { spec: { devices: { requests: [request, request] } } }],
    subresources: ['status'],
  }),
  kindOf('resource.k8s.io/v1 ResourceClaimTemplate resourceclaimtemplates', {
    body: { spec: { spec: { devices: { requests: [request] } } } },
    changes: [{ spec: { spec: { devices: { requests: [] } } } }, { metadata: { labels: { a: 'b' } } }],
  }),
  kindOf('resource.k8s.io/v1 ResourceSlice resourceslices cluster', {
    body: {
      spec: {
        driver: 'd.example.com',
        nodeName: 'n',
        pool: { name: 'p', generation: 1, resourceSliceCount: 1 },
        devices: [{ name: 'dev' }],
      },
    },
    variants: [
      { spec: { devices: [{ name: 'dev', attributes: { a: { string: 'x' } }, capacity: { c: { value: '1Gi' } } }] } },
    ],
    changes: [
      { spec: { driver: 'e.example.com' } },
      { spec: { pool: { generation: 2 } } },
      { spec: { devices: [{ name: 'D_' }] } },
    ],
  }),
]
