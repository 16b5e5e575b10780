/** CertificateSigningRequest asks a signer for a certificate, and holds it once it was approved and issued. */
import { cloneJson } from '../../machinery/clone.js'
import { defineKind } from '../../machinery/kind.js'
import { nameIsPathSegment } from '../../machinery/name-rules.js'
import type { CertificateSigningRequest } from '../generated/certificates-v1.js'
import { columns } from './columns.js'
import { keepDecisions, stampConditions } from './conditions.js'
import { validateSigningRequest, validateSigningRequestUpdate } from './validation.js'

const updateChecks = ['meta', 'change', 'metaUpdate'] as const

export const certificateSigningRequest = defineKind<CertificateSigningRequest>({
  group: 'certificates.k8s.io',
  version: 'v1',
  kind: 'CertificateSigningRequest',
  scope: 'Cluster',
  names: { plural: 'certificatesigningrequests', shortNames: ['csr'] },

  updateChecks,
  validateCreate: request => validateSigningRequest(request),
  validateUpdate: (request, old) => validateSigningRequestUpdate(request, old, {}),

  strategy: {
    bumpGenerationOn: [],
    // Upstream does not care what requests are called, as long as the name fits into a path.
    validateName: nameIsPathSegment,
    prepareForCreate({ spec }, { user }) {
      for (const field of ['username', 'uid', 'groups', 'extra'] as const) delete spec[field]
      if (!user) return
      if (user.name) spec.username = user.name
      if (user.uid) spec.uid = user.uid
      if (user.groups.length) spec.groups = [...user.groups]
      const extra = Object.entries(user.extra ?? {})
      if (extra.length) spec.extra = Object.fromEntries(extra.map(([key, values]) => [key, [...values]]))
    },
    prepareForUpdate(request, old, { subresource, now }) {
      if (!subresource) request.spec = cloneJson(old.spec)
      if (subresource === 'status') keepDecisions(request, old)
      if (subresource) stampConditions(request, old, now)
    },
  },
  subresources: {
    status: {
      updateChecks,
      validateUpdate: (request, old) => validateSigningRequestUpdate(request, old, { certificate: true }),
    },
    views: {
      approval: {
        writes: ['status.conditions'],
        updateChecks,
        validateUpdate: (request, old) => validateSigningRequestUpdate(request, old, { approval: true }),
      },
    },
  },
  selectableFields: { 'spec.signerName': ({ spec }) => spec.signerName },
  printerColumns: columns,
})
