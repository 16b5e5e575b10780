/** CSIDriver tells the cluster what a CSI driver can do and wants. */
import { duplicate, type FieldError, invalid, notSupported, required } from '../../machinery/field-error.js'
import { defineKind } from '../../machinery/kind.js'
import type { CSIDriver, TokenRequest } from '../generated/storage-v1.js'
import { age } from '../printing/age.js'
import { immutableField } from '../validation/immutable.js'
import { semanticEqual } from '../validation/semantic-equal.js'

const groupPolicies = ['File', 'None', 'ReadWriteOnceWithFSType']
const lifecycleModes = ['Persistent', 'Ephemeral']
const minExpiration = 600
const maxExpiration = 2 ** 32

function* validateTokenRequests(requests: readonly TokenRequest[]): Generator<FieldError> {
  const seen = new Set<string>()
  for (const [i, { audience, expirationSeconds: seconds }] of requests.entries()) {
    const path = `spec.tokenRequests[${i}]`
    if (seen.has(audience)) {
      yield duplicate(`${path}.audience`, audience)
      continue
    }
    seen.add(audience)
    if (seconds === undefined) continue
    if (seconds < minExpiration)
      yield invalid(`${path}.expirationSeconds`, seconds, 'may not specify a duration less than 10 minutes')
    if (seconds > maxExpiration)
      yield invalid(`${path}.expirationSeconds`, seconds, 'may not specify a duration larger than 2^32 seconds')
  }
}

export const csiDriver = defineKind<CSIDriver>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIDriver',
  scope: 'Cluster',
  names: { plural: 'csidrivers' },

  setDefaults({ spec }) {
    spec.attachRequired ??= true
    spec.podInfoOnMount ??= false
    spec.storageCapacity ??= false
    spec.fsGroupPolicy ??= 'ReadWriteOnceWithFSType'
    if (!spec.volumeLifecycleModes?.length) spec.volumeLifecycleModes = ['Persistent']
    spec.requiresRepublish ??= false
    spec.seLinuxMount ??= false
  },
  updateChecks: ['metaUpdate', 'spec', 'change'],
  *validate({ spec }) {
    // The first path is upstream's spelling.
    if (spec.attachRequired === undefined) yield required('spec.attachedRequired')
    if (spec.podInfoOnMount === undefined) yield required('spec.podInfoOnMount')
    if (spec.storageCapacity === undefined) yield required('spec.storageCapacity')
    if (spec.fsGroupPolicy !== undefined && !groupPolicies.includes(spec.fsGroupPolicy))
      yield notSupported('spec.fsGroupPolicy', spec.fsGroupPolicy, groupPolicies)
    yield* validateTokenRequests(spec.tokenRequests ?? [])
    for (const mode of spec.volumeLifecycleModes ?? [])
      if (!lifecycleModes.includes(mode)) yield notSupported('spec.volumeLifecycleModes', mode, lifecycleModes)
    if (spec.seLinuxMount === undefined) yield required('spec.seLinuxMount')
    const period = spec.nodeAllocatableUpdatePeriodSeconds
    if (period !== undefined && period < 10)
      yield invalid('spec.nodeAllocatableUpdatePeriodSeconds', period, 'must be greater than or equal to 10 seconds')
  },
  *validateUpdate({ spec }, { spec: old }) {
    yield* immutableField(spec.attachRequired, old.attachRequired, 'spec.attachedRequired')
    yield* immutableField(spec.volumeLifecycleModes, old.volumeLifecycleModes, 'spec.volumeLifecycleModes')
  },

  strategy: {
    allowUnconditionalUpdate: false,
    // The gate MutableCSINodeAllocatableCount is off in v1.34: the field stays only where it already was.
    prepareForCreate({ spec }) {
      delete spec.nodeAllocatableUpdatePeriodSeconds
    },
    // Upstream counts changes but sets no first generation.
    bumpGenerationOn: [],
    prepareForUpdate({ metadata, spec }, old) {
      if (old.spec.nodeAllocatableUpdatePeriodSeconds === undefined) delete spec.nodeAllocatableUpdatePeriodSeconds
      if (!semanticEqual(spec, old.spec)) metadata.generation = (old.metadata.generation ?? 0) + 1
    },
  },
  printerColumns: [
    {
      name: 'AttachRequired',
      description: `attachRequired indicates this CSI volume driver requires an attach operation (because it implements the CSI ControllerPublishVolume() method), and that the Kubernetes attach detach controller should call the attach volume interface which checks the volumeattachment status and waits until the volume is attached before proceeding to mounting. The CSI external-attacher coordinates with CSI volume driver and updates the volumeattachment status when the attach operation is complete. If the value is specified to false, the attach operation will be skipped. Otherwise the attach operation will be called.

This field is immutable.`,
      type: 'boolean',
      of: ({ spec }) => spec.attachRequired ?? true,
    },
    {
      name: 'PodInfoOnMount',
      description: `podInfoOnMount indicates this CSI volume driver requires additional pod information (like podName, podUID, etc.) during mount operations, if set to true. If set to false, pod information will not be passed on mount. Default is false.

The CSI driver specifies podInfoOnMount as part of driver deployment. If true, Kubelet will pass pod information as VolumeContext in the CSI NodePublishVolume() calls. The CSI driver is responsible for parsing and validating the information passed in as VolumeContext.

The following VolumeContext will be passed if podInfoOnMount is set to true. This list might grow, but the prefix will be used. "csi.storage.k8s.io/pod.name": pod.Name "csi.storage.k8s.io/pod.namespace": pod.Namespace "csi.storage.k8s.io/pod.uid": string(pod.UID) "csi.storage.k8s.io/ephemeral": "true" if the volume is an ephemeral inline volume
                                defined by a CSIVolumeSource, otherwise "false"

"csi.storage.k8s.io/ephemeral" is a new feature in Kubernetes 1.16. It is only required for drivers which support both the "Persistent" and "Ephemeral" VolumeLifecycleMode. Other drivers can leave pod info disabled and/or ignore this field. As Kubernetes 1.15 doesn't support this field, drivers can only support one mode when deployed on such a cluster and the deployment determines which mode that is, for example via a command line parameter of the driver.

This field was immutable in Kubernetes < 1.29 and now is mutable.`,
      type: 'boolean',
      of: ({ spec }) => spec.podInfoOnMount ?? false,
    },
    {
      name: 'StorageCapacity',
      description: `storageCapacity indicates that the CSI volume driver wants pod scheduling to consider the storage capacity that the driver deployment will report by creating CSIStorageCapacity objects with capacity information, if set to true.

The check can be enabled immediately when deploying a driver. In that case, provisioning new volumes with late binding will pause until the driver deployment has published some suitable CSIStorageCapacity object.

Alternatively, the driver can be deployed with the field unset or false and it can be flipped later when storage capacity information has been published.

This field was immutable in Kubernetes <= 1.22 and now is mutable.`,
      type: 'boolean',
      of: ({ spec }) => spec.storageCapacity ?? false,
    },
    {
      name: 'TokenRequests',
      description: `tokenRequests indicates the CSI driver needs pods' service account tokens it is mounting volume for to do necessary authentication. Kubelet will pass the tokens in VolumeContext in the CSI NodePublishVolume calls. The CSI driver should parse and validate the following VolumeContext: "csi.storage.k8s.io/serviceAccount.tokens": {
  "<audience>": {
    "token": <token>,
    "expirationTimestamp": <expiration timestamp in RFC3339>,
  },
  ...
}

Note: Audience in each TokenRequest should be different and at most one token is empty string. To receive a new token after expiry, RequiresRepublish can be used to trigger NodePublishVolume periodically.`,
      of: ({ spec }) => spec.tokenRequests?.map(r => r.audience).join(',') ?? '<unset>',
    },
    {
      name: 'RequiresRepublish',
      description: `requiresRepublish indicates the CSI driver wants \`NodePublishVolume\` being periodically called to reflect any possible change in the mounted volume. This field defaults to false.

Note: After a successful initial NodePublishVolume call, subsequent calls to NodePublishVolume should only update the contents of the volume. New mount points will not be seen by a running container.`,
      type: 'boolean',
      of: ({ spec }) => spec.requiresRepublish ?? false,
    },
    {
      name: 'Modes',
      description: `volumeLifecycleModes defines what kind of volumes this CSI volume driver supports. The default if the list is empty is "Persistent", which is the usage defined by the CSI specification and implemented in Kubernetes via the usual PV/PVC mechanism.

The other mode is "Ephemeral". In this mode, volumes are defined inline inside the pod spec with CSIVolumeSource and their lifecycle is tied to the lifecycle of that pod. A driver has to be aware of this because it is only going to get a NodePublishVolume call for such a volume.

For more information about implementing this mode, see https://kubernetes-csi.github.io/docs/ephemeral-local-volumes.html A driver can support one or more of these modes and more modes may be added in the future.

This field is beta. This field is immutable.`,
      of: ({ spec }) => spec.volumeLifecycleModes?.join(',') || '<none>',
    },
    age,
  ],
})
