/** Names of the secrets and config maps that a pod refers to. */

interface NamedRef {
  name?: string
}
interface EnvironmentSource {
  configMapRef?: NamedRef
  secretRef?: NamedRef
}
interface EnvironmentVariable {
  valueFrom?: { configMapKeyRef?: NamedRef; secretKeyRef?: NamedRef }
}
interface Container {
  env?: EnvironmentVariable[]
  envFrom?: EnvironmentSource[]
}
interface Volume {
  configMap?: NamedRef
  secret?: { secretName?: string }
  persistentVolumeClaim?: { claimName?: string }
  projected?: { sources?: { configMap?: NamedRef; secret?: NamedRef }[] }
  name: string
  ephemeral?: object
  [source: string]: unknown
}
/** What of a pod's spec refers to other objects. */
export interface PodReferences {
  serviceAccountName?: string
  imagePullSecrets?: NamedRef[]
  containers?: Container[]
  initContainers?: Container[]
  ephemeralContainers?: Container[]
  volumes?: Volume[]
  resourceClaims?: { name: string; resourceClaimName?: string }[]
}

function* environmentNames(spec: PodReferences, resource: 'secrets' | 'configmaps') {
  const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? []), ...(spec.ephemeralContainers ?? [])]
  for (const { env = [], envFrom = [] } of containers) {
    for (const source of envFrom) yield (resource === 'secrets' ? source.secretRef : source.configMapRef)?.name
    for (const { valueFrom } of env)
      yield (resource === 'secrets' ? valueFrom?.secretKeyRef : valueFrom?.configMapKeyRef)?.name
  }
}

// Other volume plugins name their secrets in `secretRef`, some in `nodePublishSecretRef`.
const pluginSecret = (volume: Volume): string | undefined => {
  for (const source of Object.values(volume)) {
    if (typeof source !== 'object' || source === null) continue
    const { secretRef, nodePublishSecretRef } = source as { secretRef?: NamedRef; nodePublishSecretRef?: NamedRef }
    const name = secretRef?.name ?? nodePublishSecretRef?.name
    if (name) return name
  }
  return undefined
}

/** Of the secrets that containers, volumes and image pulls need; some may be undefined. */
export function* secretNames(spec: PodReferences) {
  for (const { name } of spec.imagePullSecrets ?? []) yield name
  yield* environmentNames(spec, 'secrets')
  for (const volume of spec.volumes ?? []) {
    yield volume.secret?.secretName
    yield (volume.azureFile as { secretName?: string } | undefined)?.secretName
    yield pluginSecret(volume)
    for (const source of volume.projected?.sources ?? []) yield source.secret?.name
  }
}

/** Of the config maps that containers and volumes need; some may be undefined. */
export function* configMapNames(spec: PodReferences) {
  yield* environmentNames(spec, 'configmaps')
  for (const volume of spec.volumes ?? []) {
    yield volume.configMap?.name
    for (const source of volume.projected?.sources ?? []) yield source.configMap?.name
  }
}
