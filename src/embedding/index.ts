/** The package as a library: `import { startCluster } from 'minik8s'`. */
export type { Client, Patch } from '../client/client.js'
export { defineResource, type Kinds, kinds, type ResourceName } from '../client/kinds.js'
export type { KindRef } from '../machinery/kind.js'
export type { KubernetesObject, ObjectKey, ObjectList } from '../machinery/object-meta.js'
export type { DeleteOptions, ListOptions, WatchEvent, WriteOptions } from '../machinery/request.js'
export { isReason, StatusError } from '../machinery/status-error.js'
export type { Fault, FaultCode, Faults, InjectedFault, RequestMatch } from './faults.js'
export { type StartOptions, startCluster, type TestCluster } from './start-cluster.js'
