/** What the type of a service implies: which addresses and ports it needs. */
import type { Service, ServiceSpec } from '../generated/core-v1.js'

/** Even `None` counts as a value. */
export const needsClusterIp = ({ type }: ServiceSpec): boolean => type !== 'ExternalName'

export const needsNodePort = ({ type }: ServiceSpec): boolean => type === 'NodePort' || type === 'LoadBalancer'

/** A load balancer that shall send traffic only to nodes with endpoints asks each node on this port. */
export const needsHealthCheck = ({ type, externalTrafficPolicy }: ServiceSpec): boolean =>
  type === 'LoadBalancer' && externalTrafficPolicy === 'Local'

export const isExternallyAccessible = (spec: ServiceSpec): boolean =>
  needsNodePort(spec) || (spec.type === 'ClusterIP' && !!spec.externalIPs?.length)

/** `None` is its only cluster IP: DNS answers with the endpoints themselves. */
export const isHeadless = ({ clusterIPs }: ServiceSpec): boolean => clusterIPs?.length === 1 && clusterIPs[0] === 'None'

/** It has an address of its own. */
export const hasClusterIp = ({ spec }: Pick<Service, 'spec'>): boolean => !!spec.clusterIP && spec.clusterIP !== 'None'
