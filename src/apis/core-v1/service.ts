/** Service gives a set of pods one name, one address and ports. */
import { defineKind } from '../../machinery/kind.js'
import { nameIsDns1035Label } from '../../machinery/name-rules.js'
import { formatLabels } from '../../machinery/selector/index.js'
import type { Service } from '../generated/core-v1.js'
import { age } from '../printing/age.js'
import { cidrWarnings, ipWarnings } from '../validation/ip.js'
import { setServiceDefaults } from './service-defaults.js'
import { hasClusterIp } from './service-facts.js'
import { normalizeClusterIps, prepareServiceForUpdate } from './service-update-fields.js'
import { validateService, validateServiceChange, validateServiceStatus } from './service-validation.js'

function headlessWarnings({ spec }: Service): string[] {
  if (spec.type !== 'ClusterIP' || spec.clusterIP !== 'None') return []
  return [
    ...(spec.loadBalancerIP ? ['spec.loadBalancerIP is ignored for headless services'] : []),
    ...(spec.externalIPs?.length ? ['spec.externalIPs is ignored for headless services'] : []),
    ...(spec.sessionAffinity !== 'None' ? ['spec.SessionAffinity is ignored for headless services'] : []),
  ]
}

function externalNameWarnings({ spec }: Service): string[] {
  if (spec.type === 'ExternalName')
    return spec.externalIPs?.length ? ['spec.externalIPs is ignored when spec.type is "ExternalName"'] : []
  return spec.externalName ? ['spec.externalName is ignored when spec.type is not "ExternalName"'] : []
}

function serviceWarnings(service: Service): string[] {
  const { metadata, spec } = service
  const hints = 'service.kubernetes.io/topology-aware-hints'
  const ips = (list: readonly string[] | undefined, path: string) =>
    (list ?? []).flatMap((ip, i) => ipWarnings(ip, `${path}[${i}]`))
  return [
    ...(metadata.annotations && hints in metadata.annotations
      ? [`annotation ${hints} is deprecated, please use service.kubernetes.io/topology-mode instead`]
      : []),
    ...(hasClusterIp(service) ? ips(spec.clusterIPs, 'spec.clusterIPs') : []),
    ...headlessWarnings(service),
    ...ips(spec.externalIPs, 'spec.externalIPs'),
    ...(spec.loadBalancerIP ? ipWarnings(spec.loadBalancerIP, 'spec.loadBalancerIP') : []),
    ...(spec.loadBalancerSourceRanges ?? []).flatMap((range, i) =>
      cidrWarnings(range, `spec.loadBalancerSourceRanges[${i}]`),
    ),
    ...externalNameWarnings(service),
  ]
}

function externalIps({ spec, status }: Service): string {
  if (spec.type === 'ExternalName') return spec.externalName ?? ''
  const own = spec.externalIPs ?? []
  if (spec.type !== 'LoadBalancer') return own.join(',') || '<none>'
  const points = (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }) => ip || hostname || [])
  return [...[...new Set(points)].sort(), ...own].join(',') || '<pending>'
}

const portList = ({ spec }: Service): string =>
  (spec.ports ?? [])
    .map(({ port, nodePort, protocol }) => `${port}${nodePort ? `:${nodePort}` : ''}/${protocol}`)
    .join(',') || '<none>'

export const service = defineKind<Service>({
  group: '',
  version: 'v1',
  kind: 'Service',
  scope: 'Namespaced',
  names: { plural: 'services', shortNames: ['svc'], categories: ['all'] },

  setDefaults: setServiceDefaults,
  updateChecks: ['metaUpdate', 'change', 'spec'],
  *validate(object, { subresource }) {
    if (!subresource) yield* validateService(object)
  },
  *validateUpdate(object, old, { subresource }) {
    if (!subresource) yield* validateServiceChange(object, old)
  },
  warnings: serviceWarnings,

  strategy: {
    bumpGenerationOn: [],
    allowCreateOnUpdate: true,
    validateName: nameIsDns1035Label,
    prepareForCreate: ({ spec }) => normalizeClusterIps(spec, undefined),
    prepareForUpdate(object, old, { subresource }) {
      if (!subresource) prepareServiceForUpdate(object, old)
    },
    // None is shown where nothing is routed.
    asRead({ spec }) {
      if (spec.type === 'ExternalName') delete spec.internalTrafficPolicy
    },
  },
  subresources: { status: { validateUpdate: validateServiceStatus } },
  printerColumns: [
    {
      name: 'Type',
      description:
        'type determines how the Service is exposed. Defaults to ClusterIP. Valid options are ExternalName, ClusterIP, NodePort, and LoadBalancer. "ClusterIP" allocates a cluster-internal IP address for load-balancing to endpoints. Endpoints are determined by the selector or if that is not specified, by manual construction of an Endpoints object or EndpointSlice objects. If clusterIP is "None", no virtual IP is allocated and the endpoints are published as a set of endpoints rather than a virtual IP. "NodePort" builds on ClusterIP and allocates a port on every node which routes to the same endpoints as the clusterIP. "LoadBalancer" builds on NodePort and creates an external load-balancer (if supported in the current cloud) which routes to the same endpoints as the clusterIP. "ExternalName" aliases this service to the specified externalName. Several other fields do not apply to ExternalName services. More info: https://kubernetes.io/docs/concepts/services-networking/service/#publishing-services-service-types',
      of: ({ spec }) => spec.type ?? '',
    },
    {
      name: 'Cluster-IP',
      description:
        'clusterIP is the IP address of the service and is usually assigned randomly. If an address is specified manually, is in-range (as per system configuration), and is not in use, it will be allocated to the service; otherwise creation of the service will fail. This field may not be changed through updates unless the type field is also being changed to ExternalName (which requires this field to be blank) or the type field is being changed from ExternalName (in which case this field may optionally be specified, as describe above).  Valid values are "None", empty string (""), or a valid IP address. Setting this to "None" makes a "headless service" (no virtual IP), which is useful when direct endpoint connections are preferred and proxying is not required.  Only applies to types ClusterIP, NodePort, and LoadBalancer. If this field is specified when creating a Service of type ExternalName, creation will fail. This field will be wiped when updating a Service to type ExternalName. More info: https://kubernetes.io/docs/concepts/services-networking/service/#virtual-ips-and-service-proxies',
      of: ({ spec }) => spec.clusterIPs?.[0] ?? '<none>',
    },
    {
      name: 'External-IP',
      description:
        'externalIPs is a list of IP addresses for which nodes in the cluster will also accept traffic for this service.  These IPs are not managed by Kubernetes.  The user is responsible for ensuring that traffic arrives at a node with this IP.  A common example is external load-balancers that are not part of the Kubernetes system.',
      of: externalIps,
    },
    {
      name: 'Port(s)',
      description:
        'The list of ports that are exposed by this service. More info: https://kubernetes.io/docs/concepts/services-networking/service/#virtual-ips-and-service-proxies',
      of: portList,
    },
    age,
    {
      name: 'Selector',
      wide: true,
      description:
        'Route service traffic to pods with label keys and values matching this selector. If empty or not present, the service is assumed to have an external process managing its endpoints, which Kubernetes will not modify. Only applies to types ClusterIP, NodePort, and LoadBalancer. Ignored if type is ExternalName. More info: https://kubernetes.io/docs/concepts/services-networking/service/',
      of: ({ spec }) => formatLabels(spec.selector),
    },
  ],
  selectableFields: {
    'spec.clusterIP': ({ spec }) => spec.clusterIP ?? '',
    'spec.type': ({ spec }) => spec.type ?? '',
  },
})
