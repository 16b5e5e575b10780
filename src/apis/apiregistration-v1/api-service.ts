/** APIService says who serves a group and version: this server, or a service that extends it. */

import { formatTime } from '../../machinery/clock.js'
import { type FieldError, invalid, notSupported, required } from '../../machinery/field-error.js'
import { defineKind } from '../../machinery/kind.js'
import { isValidPortNumber, nameIsPathSegment } from '../../machinery/name-rules.js'
import { isDns1035Label, isDns1123Subdomain } from '../../machinery/names.js'
import type { APIService, APIServiceSpec } from '../generated/apiregistration-v1.js'
import { age } from '../printing/age.js'
import { keepMetadata } from '../validation/status-metadata.js'
import { formatErrors } from '../validation/text.js'

const conditionStatuses = ['True', 'False', 'Unknown']

function validateName(name: string, _prefix: boolean, { spec }: APIService): string[] {
  const messages = nameIsPathSegment(name, false)
  const wanted = `${spec.version ?? ''}.${spec.group ?? ''}`
  return messages.length || name === wanted
    ? messages
    : [`must be \`spec.version+"."+spec.group\`: ${JSON.stringify(wanted)}`]
}

function* validatePlace(spec: APIServiceSpec): Generator<FieldError> {
  const { group = '', version = '', groupPriorityMinimum: ofGroup = 0, versionPriority: ofVersion = 0 } = spec
  if (!group && version !== 'v1')
    yield required('spec.group', 'only v1 may have an empty group and it better be legacy kube')
  if (group) yield* formatErrors(isDns1123Subdomain, group, 'spec.group')
  yield* formatErrors(isDns1035Label, version, 'spec.version')
  if (ofGroup <= 0 || ofGroup > 20000)
    yield invalid('spec.groupPriorityMinimum', ofGroup, 'must be positive and less than 20000')
  if (ofVersion <= 0 || ofVersion > 1000)
    yield invalid('spec.versionPriority', ofVersion, 'must be positive and less than 1000')
}

function* validateService({
  service,
  caBundle,
  insecureSkipTLSVerify: insecure,
}: APIServiceSpec): Generator<FieldError> {
  const insecurePath = 'spec.insecureSkipTLSVerify'
  if (!service) {
    if (caBundle) {
      const size = Buffer.from(caBundle, 'base64').length
      yield invalid('spec.caBundle', `${size} bytes`, 'local APIServices may not have a caBundle')
    }
    if (insecure) yield invalid(insecurePath, insecure, 'local APIServices may not have insecureSkipTLSVerify')
    return
  }
  const { namespace, name, port = 0 } = service
  if (!namespace) yield required('spec.service.namespace')
  if (!name) yield required('spec.service.name')
  const errors = isValidPortNumber(port)
  if (errors.length) yield invalid('spec.service.port', port, `port is not valid: ${errors.join(', ')}`)
  if (insecure && caBundle) yield invalid(insecurePath, insecure, 'may not be true if caBundle is present')
}

function* validateStatus({ status }: APIService): Generator<FieldError> {
  for (const [i, condition] of (status?.conditions ?? []).entries())
    if (!conditionStatuses.includes(condition.status))
      yield notSupported(`status.conditions[${i}].status`, condition.status, conditionStatuses)
}

function printAvailable({ status }: APIService): string {
  const condition = status?.conditions?.find(({ type }) => type === 'Available')
  if (!condition) return 'Unknown'
  return condition.status !== 'True' && condition.reason
    ? `${condition.status} (${condition.reason})`
    : condition.status
}

export const apiService = defineKind<APIService>({
  group: 'apiregistration.k8s.io',
  version: 'v1',
  kind: 'APIService',
  scope: 'Cluster',
  names: { plural: 'apiservices', categories: ['api-extensions'] },
  anyFinalizers: true,

  setDefaults({ spec }) {
    if (spec.service) spec.service.port ??= 443
  },
  updateChecks: ['metaUpdate', 'meta', 'spec', 'change'],
  *validate(object) {
    yield* validatePlace(object.spec)
    yield* validateService(object.spec)
  },

  strategy: {
    allowUnconditionalUpdate: false,
    bumpGenerationOn: [],
    validateName,
    prepareForCreate(object, { now }) {
      object.status = {}
      if (object.spec.service) return
      const [reason, message] = ['Local', 'Local APIServices are always available']
      const lastTransitionTime = formatTime(now)
      object.status.conditions = [{ type: 'Available', status: 'True', lastTransitionTime, reason, message }]
    },
    prepareForUpdate(object, old, { subresource }) {
      if (subresource === 'status') keepMetadata(object, old)
    },
  },
  subresources: { status: { validateUpdate: validateStatus } },
  printerColumns: [
    {
      name: 'Service',
      description: 'The reference to the service that hosts this API endpoint.',
      of: ({ spec: { service } }) => (service ? `${service.namespace ?? ''}/${service.name ?? ''}` : 'Local'),
    },
    { name: 'Available', description: 'Whether this service is available.', of: printAvailable },
    age,
  ],
})
