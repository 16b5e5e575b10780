/** Fields of alpha features that v1.34 has off: they are dropped on write unless the stored object has them. */
import type { Container, EphemeralContainer, PodSpec } from '../../generated/core-v1.js'

type AnyContainer = Container | EphemeralContainer

const allContainers = ({ initContainers, containers, ephemeralContainers }: PodSpec): AnyContainer[] =>
  initContainers || ephemeralContainers
    ? [...(initContainers ?? []), ...(containers ?? []), ...(ephemeralContainers ?? [])]
    : (containers ?? [])

/** ContainerRestartRules. */
function dropRestartRules(spec: PodSpec): void {
  for (const container of spec.initContainers ?? []) {
    if (container.restartPolicy !== 'Always') delete container.restartPolicy
    delete container.restartPolicyRules
  }
  for (const list of [spec.containers, spec.ephemeralContainers])
    for (const container of list ?? []) {
      if (container.restartPolicy !== undefined) delete container.restartPolicy
      if (container.restartPolicyRules) delete container.restartPolicyRules
    }
}

const usesRestartRules = (spec: PodSpec): boolean =>
  (spec.containers ?? []).some(c => c.restartPolicy !== undefined) ||
  (spec.initContainers ?? []).some(
    c => (c.restartPolicy !== undefined && c.restartPolicy !== 'Always') || c.restartPolicyRules?.length,
  )

/** EnvFiles. */
function dropFileKeyRefs(spec: PodSpec): void {
  for (const { env } of allContainers(spec))
    for (const { valueFrom } of env ?? []) if (valueFrom?.fileKeyRef) delete valueFrom.fileKeyRef
}

const usesFileKeyRefs = (spec: PodSpec): boolean =>
  allContainers(spec).some(({ env }) => env?.some(({ valueFrom }) => valueFrom?.fileKeyRef))

/** ContainerStopSignals. */
function dropStopSignals(spec: PodSpec): void {
  for (const container of allContainers(spec)) {
    if (container.lifecycle?.stopSignal === undefined) continue
    delete container.lifecycle.stopSignal
    if (!container.lifecycle.preStop && !container.lifecycle.postStart) delete container.lifecycle
  }
}

const usesStopSignals = (spec: PodSpec): boolean =>
  allContainers(spec).some(({ lifecycle }) => lifecycle?.stopSignal !== undefined)

/** ImageVolume: the mounts go with the volumes. */
function dropImageVolumes(spec: PodSpec): void {
  const dropped = new Set(spec.volumes?.filter(volume => volume.image).map(volume => volume.name))
  if (!dropped.size) return
  const volumes = spec.volumes?.filter(volume => !volume.image)
  if (volumes?.length) spec.volumes = volumes
  else delete spec.volumes
  for (const container of allContainers(spec))
    if (container.volumeMounts)
      container.volumeMounts = container.volumeMounts.filter(mount => !dropped.has(mount.name))
}

const usesImageVolumes = (spec: PodSpec): boolean => (spec.volumes ?? []).some(volume => volume.image)

type Projection = 'clusterTrustBundle' | 'podCertificate'

const dropProjection = (name: Projection) => (spec: PodSpec) => {
  for (const { projected } of spec.volumes ?? [])
    for (const source of projected?.sources ?? []) if (source[name]) delete source[name]
}

const usesProjection = (name: Projection) => (spec: PodSpec) =>
  (spec.volumes ?? []).some(({ projected }) => projected?.sources?.some(source => source[name]))

const features: { uses(spec: PodSpec): boolean; drop(spec: PodSpec): void }[] = [
  { uses: usesRestartRules, drop: dropRestartRules },
  { uses: usesFileKeyRefs, drop: dropFileKeyRefs },
  { uses: usesStopSignals, drop: dropStopSignals },
  { uses: usesImageVolumes, drop: dropImageVolumes },
  { uses: usesProjection('clusterTrustBundle'), drop: dropProjection('clusterTrustBundle') },
  { uses: usesProjection('podCertificate'), drop: dropProjection('podCertificate') },
  { uses: spec => spec.hostnameOverride !== undefined, drop: spec => void delete spec.hostnameOverride },
]

/** In place. Call it in prepareForCreate and prepareForUpdate of every kind that holds a pod spec. */
export function dropDisabledPodFields(spec: PodSpec | undefined, old: PodSpec | undefined): void {
  if (!spec) return
  for (const { uses, drop } of features) if (!old || !uses(old)) drop(spec)
}
