/** The kinds that tests and operators name when they speak through the client; other resources, custom ones too, are named by `defineResource`. */
import { customResourceDefinition } from '../apis/apiextensions-v1/index.js'
import { controllerRevision, daemonSet, deployment, replicaSet, statefulSet } from '../apis/apps-v1/index.js'
import { horizontalPodAutoscaler } from '../apis/autoscaling-v2/index.js'
import { cronJob, job } from '../apis/batch-v1/index.js'
import { lease } from '../apis/coordination-v1/index.js'
import {
  configMap,
  endpoints,
  event,
  limitRange,
  namespace,
  node,
  persistentVolume,
  persistentVolumeClaim,
  pod,
  podTemplate,
  replicationController,
  resourceQuota,
  secret,
  service,
  serviceAccount,
} from '../apis/core-v1/index.js'
import { endpointSlice } from '../apis/discovery-v1/index.js'
import type { CustomResourceDefinition } from '../apis/generated/apiextensions-v1.js'
import type { ControllerRevision, DaemonSet, Deployment, ReplicaSet, StatefulSet } from '../apis/generated/apps-v1.js'
import type { HorizontalPodAutoscaler } from '../apis/generated/autoscaling-v2.js'
import type { CronJob, Job } from '../apis/generated/batch-v1.js'
import type { Lease } from '../apis/generated/coordination-v1.js'
import type {
  ConfigMap,
  Endpoints,
  Event,
  LimitRange,
  Namespace,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  PodTemplate,
  ReplicationController,
  ResourceQuota,
  Secret,
  Service,
  ServiceAccount,
} from '../apis/generated/core-v1.js'
import type { EndpointSlice } from '../apis/generated/discovery-v1.js'
import type { Ingress, IngressClass, NetworkPolicy } from '../apis/generated/networking-v1.js'
import type { PodDisruptionBudget } from '../apis/generated/policy-v1.js'
import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding } from '../apis/generated/rbac-v1.js'
import type { PriorityClass } from '../apis/generated/scheduling-v1.js'
import type { StorageClass } from '../apis/generated/storage-v1.js'
import { ingress, ingressClass, networkPolicy } from '../apis/networking-v1/index.js'
import { podDisruptionBudget } from '../apis/policy-v1/index.js'
import { clusterRole, clusterRoleBinding, role, roleBinding } from '../apis/rbac-v1/index.js'
import { priorityClass } from '../apis/scheduling-v1/index.js'
import { storageClass } from '../apis/storage-v1/index.js'
import type { KindRef, Scope } from '../machinery/kind.js'
import type { KubernetesObject } from '../machinery/object-meta.js'

/** By the name of the kind. */
export interface Kinds {
  configMap: KindRef<ConfigMap>
  endpoints: KindRef<Endpoints>
  event: KindRef<Event>
  limitRange: KindRef<LimitRange>
  namespace: KindRef<Namespace>
  node: KindRef<Node>
  persistentVolume: KindRef<PersistentVolume>
  persistentVolumeClaim: KindRef<PersistentVolumeClaim>
  pod: KindRef<Pod>
  podTemplate: KindRef<PodTemplate>
  replicationController: KindRef<ReplicationController>
  resourceQuota: KindRef<ResourceQuota>
  secret: KindRef<Secret>
  service: KindRef<Service>
  serviceAccount: KindRef<ServiceAccount>
  controllerRevision: KindRef<ControllerRevision>
  daemonSet: KindRef<DaemonSet>
  deployment: KindRef<Deployment>
  replicaSet: KindRef<ReplicaSet>
  statefulSet: KindRef<StatefulSet>
  cronJob: KindRef<CronJob>
  job: KindRef<Job>
  horizontalPodAutoscaler: KindRef<HorizontalPodAutoscaler>
  ingress: KindRef<Ingress>
  ingressClass: KindRef<IngressClass>
  networkPolicy: KindRef<NetworkPolicy>
  podDisruptionBudget: KindRef<PodDisruptionBudget>
  clusterRole: KindRef<ClusterRole>
  clusterRoleBinding: KindRef<ClusterRoleBinding>
  role: KindRef<Role>
  roleBinding: KindRef<RoleBinding>
  storageClass: KindRef<StorageClass>
  lease: KindRef<Lease>
  endpointSlice: KindRef<EndpointSlice>
  priorityClass: KindRef<PriorityClass>
  customResourceDefinition: KindRef<CustomResourceDefinition>
}

export const kinds: Kinds = {
  configMap,
  endpoints,
  event,
  limitRange,
  namespace,
  node,
  persistentVolume,
  persistentVolumeClaim,
  pod,
  podTemplate,
  replicationController,
  resourceQuota,
  secret,
  service,
  serviceAccount,
  controllerRevision,
  daemonSet,
  deployment,
  replicaSet,
  statefulSet,
  cronJob,
  job,
  horizontalPodAutoscaler,
  ingress,
  ingressClass,
  networkPolicy,
  podDisruptionBudget,
  clusterRole,
  clusterRoleBinding,
  role,
  roleBinding,
  storageClass,
  lease,
  endpointSlice,
  priorityClass,
  customResourceDefinition,
}

export interface ResourceName {
  /** Empty for the core group. */
  group: string
  version: string
  kind: string
  plural: string
  /** Default Namespaced. */
  scope?: Scope
}

/** Names a resource to the client, such as that of a CustomResourceDefinition; `T` is the type of its objects. */
export const defineResource = <T extends KubernetesObject = KubernetesObject>({
  plural,
  scope = 'Namespaced',
  ...rest
}: ResourceName): KindRef<T> => ({ ...rest, scope, names: { plural, singular: rest.kind.toLowerCase() } })
