/** All kinds of networking.k8s.io/v1. */
import { ingress } from './ingress.js'
import { ingressClass } from './ingress-class.js'
import { ipAddress } from './ip-address.js'
import { networkPolicy } from './network-policy.js'
import { serviceCidr } from './service-cidr.js'

export { ingress, ingressClass, ipAddress, networkPolicy, serviceCidr }

export const networkingV1Kinds = [ingressClass, ingress, ipAddress, networkPolicy, serviceCidr] as const
