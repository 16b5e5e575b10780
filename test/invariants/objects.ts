/** The types of the objects that rules speak of. */
export type { DaemonSet, Deployment, ReplicaSet, StatefulSet } from '../../src/apis/generated/apps-v1.js'
export type { Job } from '../../src/apis/generated/batch-v1.js'
export type { Namespace, Node, Pod, ReplicationController } from '../../src/apis/generated/core-v1.js'
export type { PodDisruptionBudget } from '../../src/apis/generated/policy-v1.js'
