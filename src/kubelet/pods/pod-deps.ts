/** What the parts that run a pod share: one value for all pods of a node. */
import type {
  ConfigMap,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  Secret,
  Service,
} from '../../apis/generated/core-v1.js'
import type { ResourceClaim } from '../../apis/generated/resource-v1.js'
import type { EventRecorder } from '../../client/event-recorder.js'
import type { Clock } from '../../machinery/clock.js'
import type { Logger } from '../../telemetry/logger.js'
import type { KeyedBackoff } from '../backoff.js'
import type { ImagePuller } from '../images/image-puller.js'
import type { KubeletMetrics } from '../metrics.js'
import type { ObjectCache } from '../object-cache.js'
import type { RemoveFiles } from '../remove-files.js'
import type { Runtime } from '../runtime/runtime.js'
import type { RuntimeCache } from '../runtime-cache.js'
import type { StatusWriter } from '../status/status-writer.js'
import type { TokenSource } from '../volumes/token-source.js'
import type { ResizeRefusal } from './pod-resize.js'
import type { ClusterDns, DnsConfig } from './resolv-conf.js'

/** What pods learn about their node. */
export interface NodeFacts {
  name: string
  addresses(): readonly string[]
  allocatable(): Readonly<Record<string, string>>
  /** Bytes. */
  memoryCapacity: number
  /** Networks that its pods get addresses of; absent: of any. Rejects where there are to be some, and are not. */
  podCidrs?(): Promise<readonly string[]>
}

export interface PodDeps {
  runtime: Runtime
  /** Scheme of container ids, such as `docker`. */
  runtimeName: string
  cache: RuntimeCache
  clock: Clock
  log: Logger
  events: EventRecorder
  metrics: KubeletMetrics
  images: ImagePuller
  statuses: StatusWriter
  configMaps: ObjectCache<ConfigMap>
  secrets: ObjectCache<Secret>
  tokens: TokenSource
  claim(namespace: string, name: string): Promise<PersistentVolumeClaim>
  persistentVolume(name: string): Promise<PersistentVolume>
  /** Absent where devices are simulated like all else. */
  resourceClaim?: ((namespace: string, name: string) => Promise<ResourceClaim>) | undefined
  /** Resolves once services are known: containers must not miss their variables. */
  services(): Promise<Iterable<Service>>
  node: NodeFacts
  clusterDns: ClusterDns
  hostDns(): Promise<DnsConfig>
  /** The node's own /etc/hosts. */
  hostsFile(): Promise<string>
  podsDirectory: string
  removeFiles: RemoveFiles
  seccompDirectory: string
  restarts: KeyedBackoff
  /** Why this node will not run the pod; undefined when it will. */
  admit(pod: Pod): { reason: string; message: string } | undefined
  /** Why this node does not give the pod what its spec asks for now. */
  refuseResize(pod: Pod): ResizeRefusal | undefined
}
