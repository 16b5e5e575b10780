/** ServiceCIDR is a range from which Services get their cluster IPs. */
import { type FieldError, invalid, required } from '../../machinery/field-error.js'
import { isValidCidr, parseCidr } from '../../machinery/ip.js'
import { defineKind } from '../../machinery/kind.js'
import { isGivenEmpty } from '../../machinery/schema/given-empty.js'
import type { ServiceCIDR } from '../generated/networking-v1.js'
import { age } from '../printing/age.js'
import { keepMetadata } from '../validation/status-metadata.js'
import { formatErrors } from '../validation/text.js'

const path = 'spec.cidrs'
const immutable = 'field is immutable'

function* validateCidrs({ spec }: ServiceCIDR): Generator<FieldError> {
  const { cidrs = [] } = spec
  if (!cidrs.length) {
    yield required(path, 'at least one CIDR required')
    return
  }
  if (cidrs.length > 2) {
    yield invalid(path, { CIDRs: cidrs }, 'may only hold up to 2 values')
    return
  }
  for (const [i, cidr] of cidrs.entries()) yield* formatErrors(isValidCidr, cidr, `${path}[${i}]`)
  const [first, second] = cidrs.map(cidr => parseCidr(cidr)?.ip.family)
  if (first !== undefined && first === second)
    yield invalid(
      path,
      cidrs,
      'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64',
    )
}

export const serviceCidr = defineKind<ServiceCIDR>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'ServiceCIDR',
  scope: 'Cluster',
  names: { plural: 'servicecidrs' },
  updateChecks: ['metaUpdate', 'change'],
  validate: validateCidrs,
  // A second family may be added; nothing else changes.
  *validateUpdate(object, { spec: old }) {
    const { spec } = object
    const now = spec.cidrs ?? []
    const before = old.cidrs ?? []
    if (now.length !== before.length && !(before.length === 1 && now.length === 2)) {
      yield invalid(path, now.length || isGivenEmpty(object, path) ? now : null, immutable)
      return
    }
    for (const [i, cidr] of before.entries()) if (cidr !== now[i]) yield invalid(`${path}[${i}]`, now[i], immutable)
    if (now.length > before.length) yield* validateCidrs(object)
  },
  strategy: {
    bumpGenerationOn: [],
    keepStatusOnCreate: true,
    keepStatusOnUpdate: true,
    prepareForUpdate(object, old, { subresource }) {
      if (subresource === 'status') keepMetadata(object, old)
    },
  },
  subresources: { status: {} },
  printerColumns: [
    {
      name: 'CIDRs',
      description:
        'CIDRs defines the IP blocks in CIDR notation (e.g. "192.168.0.0/24" or "2001:db8::/64") from which to assign service cluster IPs. Max of two CIDRs is allowed, one of each IP family. This field is immutable.',
      of: ({ spec }) => (spec.cidrs ?? []).join(','),
    },
    age,
  ],
})
