/** What the API server is given: nothing here is read from the environment, and every part can be replaced in a test. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { KindConversion } from '../apis/conversion.js'
import type { Clock, Random } from '../machinery/clock.js'
import type { AnyKind } from '../machinery/kind.js'
import type { NodeDirectory } from '../machinery/node-api.js'
import type { KeyPair } from '../machinery/pki/certificates.js'
import type { SchemaSet } from '../machinery/schema/types.js'
import type { AllocationRepair } from '../registry/allocate/findings.js'
import type { Rest } from '../registry/rest.js'
import type { ServerRecords } from '../registry/server-records.js'
import type { Logger } from '../telemetry/logger.js'
import type { MetricRegistry } from '../telemetry/metrics.js'
import type { PodSecurityConfiguration } from './admission/pod-security/configuration.js'
import type { Aggregation } from './aggregation/aggregation.js'
import type { Auditor } from './audit/auditor.js'
import type { AuthenticationConfig } from './authn/configuration.js'
import type { Dial } from './proxy/dial.js'

/** Every stored kind that is served now. Kinds may come and go; `generation` changes whenever they do. */
export interface RestDirectory {
  find(group: string, version: string, resource: string): Rest | undefined
  kinds(): readonly AnyKind[]
  readonly generation: number
  /** Serves a kind from now on, in place of one of the same group, version and plural. */
  add?(kind: AnyKind, conversion?: KindConversion): void
  /** Ends the kind's watches; its objects stay stored. */
  remove?(kind: AnyKind): void
  /** What a kind tells of itself has changed. */
  touch?(): void
}

/** A request as who intercepts it sees it. */
export interface InterceptedRequest {
  isResource: boolean
  /** As authorized: `watch` and `deletecollection` are verbs of their own. */
  verb: string
  group: string
  resource: string
  /** `''` for the object itself. */
  subresource: string
  namespace: string
  name: string
  /** Breaks the connection of the request, whatever has been answered. */
  cut(): void
  /** Calls back when the answer has ended or the client has gone. */
  onEnd(callback: () => void): void
}

export interface ApiServerDeps {
  clock: Clock
  random: Random
  log: Logger
  metrics: MetricRegistry
  rests: RestDirectory
  /** Kinds that are answered and not stored: reviews, bindings, evictions. */
  virtualKinds: readonly AnyKind[]
  schemas: SchemaSet
  /** Rejects when the store does not answer; for the health checks. */
  checkStore?(): Promise<void>
  /** See to it that what services have is taken for them. */
  repairs?: readonly AllocationRepair[]
  /** Of all servers on the store, where there may be several. */
  servers?: ServerRecords
  /** Reaches nodes for logs, exec, attach and port-forward; without it those answer 503. */
  nodes?: NodeDirectory
  /** Whom the server says it is to kubelets of other processes; without it those cannot be reached. */
  kubeletClient?(): KeyPair
  /** Connects to pods and nodes for the proxy subresource; straight over TCP unless given. */
  dial?: Dial
  /** Passes on what other servers answer; without it one that has no certificate to show them. */
  aggregator?: Aggregation
  /** Keeps the audit log; without it there is none. */
  audit?: Auditor
  /** Sees every authorized request over HTTP before it is served; what it throws is the answer. For tests of clients. */
  intercept?(request: InterceptedRequest): Promise<void>
  /** Further Express routers, such as OpenAPI's; each passes on what it does not answer. */
  routers?: readonly Router[]
}

/** Express' middleware. */
export type Router = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void

export interface ServiceAccountConfig {
  /** PEM of the P-256 key that signs tokens. */
  signingKey: string
  /** PEM of the public key. */
  publicKey: string
  /** Default: https://kubernetes.default.svc.cluster.local */
  issuer?: string
  /** Audiences the server itself answers to; default: the issuer. */
  audiences?: readonly string[]
}

export interface ApiServerConfig {
  bindAddress: string
  /** 0 picks a free one. */
  port: number
  /** Address that pods and nodes use to reach the server: the endpoint of the `kubernetes` service. */
  advertiseAddress: string
  /** PEM texts. */
  tls: { certificate: string; key: string; clientCa: string }
  serviceAccount: ServiceAccountConfig
  /** CIDRs of cluster IPs, of IPv4 first, separated by a comma; the first address is the `kubernetes` service's. */
  serviceSubnet: string
  /** Of this machine: the server's lease in kube-system tells of it. Without it there is no such lease. */
  hostname?: string
  /** `v1.34.4+minik8s` unless given. */
  gitVersion?: string
  limits?: Partial<Limits>
  authentication?: AuthenticationConfig
  admission?: AdmissionConfig
}

/** What admission plugins may be told; all of it has upstream's defaults. */
export interface AdmissionConfig {
  /** Must be valid. */
  podSecurity?: PodSecurityConfiguration
}

export interface Limits {
  maxRequestsInFlight: number
  maxMutatingRequestsInFlight: number
  /** Lower bound of a watch's random life, seconds; the upper bound is twice that. */
  minRequestTimeoutSeconds: number
  maxBodyBytes: number
}

/** Upstream's defaults. */
export const defaultLimits: Limits = {
  maxRequestsInFlight: 400,
  maxMutatingRequestsInFlight: 200,
  minRequestTimeoutSeconds: 1800,
  maxBodyBytes: 3 * 1024 * 1024,
}
