/** Endpoints lists the addresses behind a service: the forerunner of EndpointSlice. */

import { type FieldError, required } from '../../machinery/field-error.js'
import { joinHostPort } from '../../machinery/host-port.js'
import { defineKind } from '../../machinery/kind.js'
import { isDns1123Subdomain } from '../../machinery/names.js'
import type { EndpointAddress, EndpointPort, EndpointSubset, Endpoints } from '../generated/core-v1.js'
import { age } from '../printing/age.js'
import { ipWarnings, legacyIp, validateEndpointIp } from '../validation/ip.js'
import { semanticEqual } from '../validation/semantic-equal.js'
import { formatErrors, validateDnsLabel, validateQualifiedName } from '../validation/text.js'
import { validatePortNumber, validateProtocol } from './pod-spec/ports.js'

const shownEndpoints = 3
/** Set by the endpoints controller, whose addresses are well formed. */
const managedBy = 'endpoints.kubernetes.io/managed-by'
const addressLists = ['addresses', 'notReadyAddresses'] as const

function* validateAddress({ ip = '', hostname, nodeName }: EndpointAddress, path: string): Generator<FieldError> {
  yield* legacyIp(ip, `${path}.ip`)
  if (hostname) yield* validateDnsLabel(hostname, `${path}.hostname`)
  if (nodeName !== undefined) yield* formatErrors(isDns1123Subdomain, nodeName, `${path}.nodeName`)
  yield* validateEndpointIp(ip, `${path}.ip`)
}

function* validatePort(port: EndpointPort, requireName: boolean, path: string): Generator<FieldError> {
  if (port.name) yield* validateDnsLabel(port.name, `${path}.name`)
  else if (requireName) yield required(`${path}.name`)
  yield* validatePortNumber(port.port ?? 0, `${path}.port`)
  yield* validateProtocol(port.protocol, `${path}.protocol`)
  if (port.appProtocol !== undefined) yield* validateQualifiedName(port.appProtocol, `${path}.appProtocol`)
}

function* validateSubset(subset: EndpointSubset, path: string): Generator<FieldError> {
  const { ports = [] } = subset
  if (!addressLists.some(list => subset[list]?.length))
    yield required(path, 'must specify `addresses` or `notReadyAddresses`')
  for (const list of addressLists)
    for (const [i, address] of (subset[list] ?? []).entries()) yield* validateAddress(address, `${path}.${list}[${i}]`)
  for (const [i, port] of ports.entries()) yield* validatePort(port, ports.length > 1, `${path}.ports[${i}]`)
}

const addressWarnings = ({ metadata, subsets = [] }: Endpoints): string[] =>
  metadata.labels?.[managedBy] === 'endpoint-controller'
    ? []
    : subsets.flatMap((subset, i) =>
        addressLists.flatMap(list =>
          (subset[list] ?? []).flatMap(({ ip }, j) => ipWarnings(ip, `subsets[${i}].${list}[${j}].ip`)),
        ),
      )

function printEndpoints({ subsets = [] }: Endpoints): string {
  if (!subsets.length) return '<none>'
  const all = subsets.flatMap(({ addresses = [], ports = [] }) =>
    ports.length
      ? ports.flatMap(({ port }) => addresses.map(({ ip }) => joinHostPort(ip, port)))
      : addresses.map(({ ip }) => ip),
  )
  const shown = all.slice(0, shownEndpoints).join(',')
  return all.length > shownEndpoints ? `${shown} + ${all.length - shownEndpoints} more...` : shown
}

export const endpoints = defineKind<Endpoints>({
  group: '',
  version: 'v1',
  kind: 'Endpoints',
  scope: 'Namespaced',
  names: { plural: 'endpoints', singular: 'endpoints', shortNames: ['ep'] },
  deprecationWarning: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',

  setDefaults({ subsets }) {
    for (const { ports } of subsets ?? []) for (const port of ports ?? []) port.protocol ||= 'TCP'
  },
  updateChecks: ['metaUpdate', 'meta', 'spec', 'change'],
  *validateCreate({ subsets = [] }) {
    for (const [i, subset] of subsets.entries()) yield* validateSubset(subset, `subsets[${i}]`)
  },
  // Subsets that did not change are let be: releases of old accepted more.
  *validateUpdate({ subsets = [] }, old) {
    if (semanticEqual(subsets, old.subsets)) return
    for (const [i, subset] of subsets.entries()) yield* validateSubset(subset, `subsets[${i}]`)
  },
  warnings: addressWarnings,

  strategy: { allowCreateOnUpdate: true, bumpGenerationOn: [] },
  printerColumns: [
    {
      name: 'Endpoints',
      description:
        'The set of all endpoints is the union of all subsets. Addresses are placed into subsets according to the IPs they share. A single address with multiple ports, some of which are ready and some of which are not (because they come from different containers) will result in the address being displayed in different subsets for the different ports. No address will appear in both Addresses and NotReadyAddresses in the same subset. Sets of addresses and ports that comprise a service.',
      of: printEndpoints,
    },
    age,
  ],
})
