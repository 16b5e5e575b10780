/** The controllers there are, under the names that kube-controller-manager's `--controllers` gives them, and the choice among them. */

import { attachDetachController } from './attach-detach/controller.js'
import { tokenCleaner } from './bootstrap-tokens/cleaner.js'
import { bootstrapSigner } from './bootstrap-tokens/signer.js'
import { approvingController } from './certificates/approving.js'
import { csrCleanerController } from './certificates/cleaner.js'
import { signingControllers } from './certificates/signing.js'
import { clusterRoleAggregationController } from './clusterrole-aggregation/controller.js'
import { cronJobController } from './cronjob/controller.js'
import { daemonSetController } from './daemonset/controller.js'
import { deploymentController } from './deployment/controller.js'
import { disruptionController, staleDisruptionController } from './disruption/controller.js'
import { endpointsController } from './endpoints/controller.js'
import { endpointSliceController } from './endpointslice/controller.js'
import { endpointSliceMirroringController } from './endpointslice-mirroring/controller.js'
import { ephemeralVolumeController } from './ephemeral-volume/controller.js'
import { garbageCollector } from './garbage-collector/controller.js'
import { newHorizontalPodAutoscalerController } from './horizontal-pod-autoscaler/controller.js'
import { jobController } from './job/controller.js'
import { jobOrphanPodController } from './job/orphan-pods.js'
import { newLegacyTokenCleaner } from './legacy-token-cleaner/controller.js'
import { namespaceController } from './namespace/controller.js'
import type { NodeCidrOptions } from './node-ipam/cidr-ledger.js'
import { newNodeIpamController } from './node-ipam/controller.js'
import { newNodeLifecycleController } from './node-lifecycle/controller.js'
import { claimBinder } from './persistent-volume/claims.js'
import { volumeExpander } from './persistent-volume/expander.js'
import { hostPathProvisioner, newHostPathProvisioner, type VolumeDirectory } from './persistent-volume/host-path.js'
import { volumeBinder } from './persistent-volume/volumes.js'
import { podGarbageCollector } from './pod-gc/controller.js'
import { replicaSetController, replicationControllerController } from './replicaset/controller.js'
import { claimUsersController } from './resource-claim/claims.js'
import { podClaimsController } from './resource-claim/pods.js'
import { resourceQuotaController } from './resource-quota/controller.js'
import { rootCaController } from './root-ca/controller.js'
import type { Controller } from './runtime/controller.js'
import { serviceCidrController } from './service-cidrs/controller.js'
import { serviceAccountController } from './serviceaccount/controller.js'
import { type TokenSecrets, tokensController } from './serviceaccount/tokens.js'
import { statefulSetController } from './statefulset/controller.js'
import { taintEvictionController } from './taint-eviction/controller.js'
import { ttlController } from './ttl/controller.js'
import { ttlAfterFinishedController } from './ttl-after-finished/controller.js'
import { validatingAdmissionPolicyStatusController } from './validating-admission-policy-status/controller.js'
import {
  attributesClassProtectionController,
  claimProtectionController,
  volumeProtectionController,
} from './volume-protection/controller.js'

/** It follows every kind there is, so it starts after the others. */
export const collectorName = 'garbage-collector-controller'

/** It binds claims and volumes to each other. */
export const volumeBinderName = 'persistentvolume-binder-controller'

/** What some controllers are made with. */
export interface ControllerParts {
  /** PEM, given to every namespace. */
  rootCa: string
  /** PEM of its key: signs certificates. Without it none are issued. */
  rootKey?: string
  /** Without it no secret is filled with a token. */
  tokens?: TokenSecrets
  /** Where volumes are made for claims; without it nobody here makes any. */
  volumes?: VolumeDirectory
  /** How long a node may be silent before it counts as lost; upstream's default. */
  nodeMonitorGraceMs?: number | undefined
  /** Networks that nodes are given; none where it is absent, or becomes undefined. */
  nodeCidrs?: Promise<NodeCidrOptions | undefined> | undefined
  /** After so long without use, a token kept in a secret goes; upstream's default, a year. */
  tokenCleanUpMs?: number | undefined
}

/** In the order in which they start. */
const controllers: Record<string, (parts: ControllerParts) => Controller[]> = {
  'serviceaccount-token-controller': ({ rootCa, tokens }) => (tokens ? [tokensController(rootCa, tokens)] : []),
  'serviceaccount-controller': () => [serviceAccountController],
  'root-ca-certificate-publisher-controller': ({ rootCa }) => [rootCaController(rootCa)],
  'namespace-controller': () => [namespaceController],
  'replicaset-controller': () => [replicaSetController],
  'replicationcontroller-controller': () => [replicationControllerController],
  'deployment-controller': () => [deploymentController],
  'daemonset-controller': () => [daemonSetController],
  'statefulset-controller': () => [statefulSetController],
  'horizontal-pod-autoscaler-controller': () => [newHorizontalPodAutoscalerController()],
  'job-controller': () => [jobController, jobOrphanPodController],
  'cronjob-controller': () => [cronJobController],
  'ttl-after-finished-controller': () => [ttlAfterFinishedController],
  'endpoints-controller': () => [endpointsController],
  'endpointslice-controller': () => [endpointSliceController],
  'node-ipam-controller': ({ nodeCidrs }) => (nodeCidrs ? [newNodeIpamController(nodeCidrs)] : []),
  'node-lifecycle-controller': ({ nodeMonitorGraceMs }) => [newNodeLifecycleController(nodeMonitorGraceMs)],
  'ttl-controller': () => [ttlController],
  'taint-eviction-controller': () => [taintEvictionController],
  'pod-garbage-collector-controller': () => [podGarbageCollector],
  'resourcequota-controller': () => [resourceQuotaController],
  'disruption-controller': () => [disruptionController, staleDisruptionController],
  'endpointslice-mirroring-controller': () => [endpointSliceMirroringController],
  [volumeBinderName]: ({ volumes }) => {
    const own = volumes && newHostPathProvisioner(volumes)
    return [claimBinder(own), volumeBinder(own)]
  },
  'persistentvolume-expander-controller': ({ volumes }) => [volumeExpander(volumes && hostPathProvisioner)],
  'persistentvolume-attach-detach-controller': () => [attachDetachController],
  'ephemeral-volume-controller': () => [ephemeralVolumeController],
  'resourceclaim-controller': () => [podClaimsController, claimUsersController],
  'persistentvolumeclaim-protection-controller': () => [claimProtectionController],
  'persistentvolume-protection-controller': () => [volumeProtectionController],
  'volumeattributesclass-protection-controller': () => [attributesClassProtectionController],
  'clusterrole-aggregation-controller': () => [clusterRoleAggregationController],
  'service-cidr-controller': () => [serviceCidrController],
  'validatingadmissionpolicy-status-controller': () => [validatingAdmissionPolicyStatusController],
  'certificatesigningrequest-signing-controller': ({ rootCa, rootKey }) =>
    rootKey ? signingControllers({ certificate: rootCa, key: rootKey }) : [],
  'certificatesigningrequest-approving-controller': () => [approvingController],
  'certificatesigningrequest-cleaner-controller': () => [csrCleanerController],
  'bootstrap-signer-controller': () => [bootstrapSigner],
  'legacy-serviceaccount-token-cleaner-controller': ({ tokenCleanUpMs }) => [newLegacyTokenCleaner(tokenCleanUpMs)],
  'token-cleaner-controller': () => [tokenCleaner],
  [collectorName]: () => [garbageCollector],
}

/** What a choice may name, sorted. */
export const controllerNames: readonly string[] = Object.keys(controllers).sort()

/**
 * Whether the choice has that controller. As upstream: the name itself says yes, `-name` says no, whichever comes first; without either,
 * `*` says yes.
 */
export function isControllerChosen(name: string, choice: readonly string[]): boolean {
  const named = choice.find(word => word === name || word === `-${name}`)
  return named === undefined ? choice.includes('*') : named === name
}

/** The chosen ones but the garbage collector, ready to start. */
export const chosenControllers = (choice: readonly string[], parts: ControllerParts): Controller[] =>
  Object.entries(controllers)
    .filter(([name]) => name !== collectorName && isControllerChosen(name, choice))
    .flatMap(([, make]) => make(parts))

/** The garbage collector, unless the choice is without it. */
export const chosenCollector = (choice: readonly string[]): Controller | undefined =>
  isControllerChosen(collectorName, choice) ? garbageCollector : undefined
