/** All kinds of apiregistration.k8s.io/v1. */
import { apiService } from './api-service.js'

export { apiService }

export const apiRegistrationV1Kinds = [apiService] as const
