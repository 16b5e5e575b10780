/** IngressClass names the controller that serves the Ingresses of that class. */
import { type FieldError, forbidden, notSupported, required, tooLong } from '../../machinery/field-error.js'
import { defineKind } from '../../machinery/kind.js'
import type { IngressClass, IngressClassParametersReference } from '../generated/networking-v1.js'
import { age } from '../printing/age.js'
import { domainPrefixedPath } from '../validation/domain-prefixed-path.js'
import { immutableField } from '../validation/immutable.js'
import { validateDnsLabel } from '../validation/text.js'
import { validateTypedReference } from './typed-reference.js'

const maxControllerLength = 250
const path = 'spec.parameters'

function* validateParameters(parameters: IngressClassParametersReference): Generator<FieldError> {
  yield* validateTypedReference(parameters, path)
  const { scope, namespace } = parameters
  if (scope === undefined) yield required(`${path}.scope`)
  else if (scope === 'Cluster') {
    if (namespace !== undefined) yield forbidden(`${path}.namespace`, "`parameters.scope` is set to 'Cluster'")
  } else if (scope !== 'Namespace') yield notSupported(`${path}.scope`, scope, ['Cluster', 'Namespace'])
  else if (namespace === undefined) yield required(`${path}.namespace`, "`parameters.scope` is set to 'Namespace'")
  else yield* validateDnsLabel(namespace, `${path}.namespace`)
}

function formatParameters(parameters: IngressClassParametersReference | undefined): string {
  if (!parameters) return '<none>'
  const { apiGroup, kind, name } = parameters
  return `${kind}${apiGroup === undefined ? '' : `.${apiGroup}`}/${name}`
}

export const ingressClass = defineKind<IngressClass>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IngressClass',
  scope: 'Cluster',
  names: { plural: 'ingressclasses' },

  setDefaults({ spec }) {
    if (spec.parameters) spec.parameters.scope ??= 'Cluster'
  },
  updateChecks: ['metaUpdate', 'change', 'meta', 'spec'],
  *validate({ spec }) {
    const controller = spec.controller ?? ''
    if (controller.length > maxControllerLength) yield tooLong('spec.controller', maxControllerLength)
    yield* domainPrefixedPath(controller, 'spec.controller')
    if (spec.parameters) yield* validateParameters(spec.parameters)
  },
  validateUpdate: ({ spec }, old) =>
    immutableField(spec.controller ?? '', old.spec.controller ?? '', 'spec.controller'),

  printerColumns: [
    {
      name: 'Controller',
      description: 'Controller that is responsible for handling this class',
      of: ({ spec }) => spec.controller ?? '',
    },
    {
      name: 'Parameters',
      description: 'A reference to a resource with additional parameters',
      of: ({ spec }) => formatParameters(spec.parameters),
    },
    age,
  ],
})
