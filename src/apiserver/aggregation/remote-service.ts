/** An APIService that another server answers: what the aggregator needs of it. */
import type { APIService } from '../../apis/generated/apiregistration-v1.js'
import type { KeyPair } from '../../machinery/pki/certificates.js'
import type { BackendTls } from '../proxy/location.js'

export interface ServiceAddress {
  namespace: string
  name: string
  port: number
}

export interface RemoteService {
  /** `<version>.<group>`. */
  name: string
  group: string
  version: string
  groupPriority: number
  versionPriority: number
  service: ServiceAddress
  tls: BackendTls
  /** As its condition says. */
  available: boolean
  apiService: APIService
}

/** Undefined for those that this server answers itself. `client`: with what we show that we may speak for others. */
export function remoteServiceOf(apiService: APIService, client: KeyPair | undefined): RemoteService | undefined {
  const { metadata, spec, status } = apiService
  const { group = '', version = '', service, caBundle, insecureSkipTLSVerify } = spec
  if (!service) return undefined
  const { namespace = '', name = '', port = 443 } = service
  return {
    name: metadata.name ?? '',
    group,
    version,
    groupPriority: spec.groupPriorityMinimum,
    versionPriority: spec.versionPriority,
    service: { namespace, name, port },
    tls: {
      serverName: `${name}.${namespace}.svc`,
      insecure: insecureSkipTLSVerify ?? false,
      ...(caBundle && { ca: Buffer.from(caBundle, 'base64').toString() }),
      ...(client && { client }),
    },
    available: status?.conditions?.some(({ type, status: is }) => type === 'Available' && is === 'True') ?? false,
    apiService,
  }
}

/** One key for all APIServices of a service. */
export const keyOfService = ({ namespace, name, port }: ServiceAddress): string => `${namespace}/${name}:${port}`
