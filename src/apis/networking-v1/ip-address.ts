/** IPAddress marks one cluster IP as taken, and by whom; its name is the address. */
import { type FieldError, invalid, required } from '../../machinery/field-error.js'
import { isValidIp } from '../../machinery/ip.js'
import { defineKind } from '../../machinery/kind.js'
import { nameIsPathSegment } from '../../machinery/name-rules.js'
import type { IPAddress, ParentReference } from '../generated/networking-v1.js'
import { age } from '../printing/age.js'
import { semanticEqual } from '../validation/semantic-equal.js'
import { formatErrors, validateDnsSubdomain } from '../validation/text.js'
import { validatePathSegment } from './typed-reference.js'

const path = 'spec.parentRef'

function* validateParent(parent: ParentReference | undefined): Generator<FieldError> {
  if (!parent) {
    yield required(path)
    return
  }
  if (parent.group) yield* validateDnsSubdomain(parent.group, `${path}.group`)
  yield* validatePathSegment(parent.resource, `${path}.resource`)
  yield* validatePathSegment(parent.name, `${path}.name`)
  if (parent.namespace)
    yield* formatErrors(name => nameIsPathSegment(name, false), parent.namespace, `${path}.namespace`)
}

/** As upstream's internal type is printed. */
const goParent = ({ group = '', resource = '', namespace = '', name = '' }: ParentReference) => ({
  Group: group,
  Resource: resource,
  Namespace: namespace,
  Name: name,
})

function formatParent(parent: ParentReference | undefined): string {
  if (!parent) return '<none>'
  const { group, resource, namespace, name } = parent
  const qualified = (group ? `${resource}.${group}` : resource).toLowerCase()
  return [qualified, namespace, name].filter(Boolean).join('/')
}

export const ipAddress = defineKind<IPAddress>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IPAddress',
  scope: 'Cluster',
  names: { plural: 'ipaddresses', shortNames: ['ip'] },
  updateChecks: ['meta', 'spec', 'metaUpdate', 'change'],
  validate: ({ spec }) => validateParent(spec.parentRef),
  *validateUpdate({ spec: { parentRef } }, old) {
    if (!semanticEqual(parentRef, old.spec.parentRef))
      yield invalid(path, parentRef && goParent(parentRef), 'field is immutable')
  },
  strategy: { validateName: isValidIp, bumpGenerationOn: [], makeName: base => base },
  printerColumns: [
    {
      name: 'ParentRef',
      description:
        'ParentRef references the resource that an IPAddress is attached to. An IPAddress must reference a parent object.',
      of: ({ spec }) => formatParent(spec.parentRef),
    },
    { ...age, undeclared: true },
  ],
})
