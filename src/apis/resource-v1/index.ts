/** All kinds of resource.k8s.io/v1. */
import { deviceClass } from './device-class.js'
import { resourceClaim } from './resource-claim.js'
import { resourceClaimTemplate } from './resource-claim-template.js'
import { resourceSlice } from './resource-slice.js'

export { deviceClass, resourceClaim, resourceClaimTemplate, resourceSlice }

export const resourceV1Kinds = [deviceClass, resourceClaim, resourceClaimTemplate, resourceSlice] as const
