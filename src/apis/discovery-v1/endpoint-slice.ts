/** EndpointSlice lists the addresses behind a Service, a hundred or so at a time. */
import { defineKind } from '../../machinery/kind.js'
import type { EndpointSlice } from '../generated/discovery-v1.js'
import { age } from '../printing/age.js'
import { immutableField } from '../validation/immutable.js'
import { semanticEqual } from '../validation/semantic-equal.js'
import {
  endpointSliceWarnings,
  validateAddressType,
  validateEndpoints,
  validatePorts,
} from './endpoint-slice-validation.js'

const shown = 3

/** The first three, and how many more. */
function firstOf(list: readonly string[]): string {
  if (!list.length) return '<unset>'
  const text = list.slice(0, shown).join(',')
  return list.length > shown ? `${text} + ${list.length - shown} more...` : text
}

export const endpointSlice = defineKind<EndpointSlice>({
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  scope: 'Namespaced',
  names: { plural: 'endpointslices' },

  setDefaults({ ports }) {
    for (const port of ports ?? []) {
      port.name ??= ''
      port.protocol ??= 'TCP'
    }
  },

  updateChecks: ['meta', 'spec', 'change'],
  *validate(slice) {
    yield* validateAddressType(slice.addressType)
    yield* validatePorts(slice.ports ?? [])
  },
  validateCreate: validateEndpoints,
  // Endpoints that stay what they are need not be valid.
  *validateUpdate(slice, old) {
    if (!semanticEqual(slice.endpoints, old.endpoints)) yield* validateEndpoints(slice)
    yield* immutableField(slice.addressType, old.addressType, 'addressType')
  },
  warnings: endpointSliceWarnings,

  strategy: {
    bumpGenerationOn: ['addressType', 'endpoints', 'ports', 'metadata.labels'],
    // The topology of v1beta1 may be read in v1, but not written.
    prepareForCreate: dropTopology,
    prepareForUpdate(slice, old) {
      if (semanticEqual(slice.endpoints, old.endpoints)) return
      // It counts as a change, too.
      slice.metadata.generation = (old.metadata.generation ?? 0) + 1
      dropTopology(slice)
    },
  },
  printerColumns: [
    {
      name: 'AddressType',
      description:
        'addressType specifies the type of address carried by this EndpointSlice. All addresses in this slice must be the same type. This field is immutable after creation. The following address types are currently supported: * IPv4: Represents an IPv4 Address. * IPv6: Represents an IPv6 Address. * FQDN: Represents a Fully Qualified Domain Name.',
      of: ({ addressType }) => addressType,
    },
    {
      name: 'Ports',
      description:
        'ports specifies the list of network ports exposed by each endpoint in this slice. Each port must have a unique name. When ports is empty, it indicates that there are no defined ports. When a port is defined with a nil port value, it indicates "all ports". Each slice may include a maximum of 100 ports.',
      of: ({ ports }) =>
        firstOf((ports ?? []).map(({ port, name }) => (port === undefined ? (name ?? '*') : `${port}`))),
    },
    {
      name: 'Endpoints',
      description:
        'endpoints is a list of unique endpoints in this slice. Each slice may include a maximum of 1000 endpoints.',
      of: ({ endpoints }) => firstOf((endpoints ?? []).flatMap(e => e.addresses ?? [])),
    },
    age,
  ],
})

function dropTopology({ endpoints }: EndpointSlice): void {
  for (const endpoint of endpoints ?? []) delete endpoint.deprecatedTopology
}
