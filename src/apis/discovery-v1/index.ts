/** All kinds of discovery.k8s.io/v1. */
import { endpointSlice } from './endpoint-slice.js'

export { endpointSlice }

export const discoveryV1Kinds = [endpointSlice] as const
