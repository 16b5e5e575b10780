/** The secrets that a kubelet needs to mount a persistent volume. */
import type { AnyObject } from '../../machinery/object-meta.js'

interface SecretReference {
  namespace?: string
  name?: string
}

interface VolumeSource {
  secretName?: string
  secretNamespace?: string
  secretRef?: SecretReference
  nodePublishSecretRef?: SecretReference
  nodeStageSecretRef?: SecretReference
  nodeExpandSecretRef?: SecretReference
}

/** Where the reference has no namespace, these are looked for beside the claim. */
const besideClaim: ReadonlySet<string> = new Set(['cephfs', 'flexVolume', 'rbd', 'scaleIO', 'iscsi'])

export function volumeSecrets(volume: AnyObject): { namespace: string; name: string }[] {
  const { claimRef, ...sources } = (volume.spec ?? {}) as { claimRef?: SecretReference } & Record<string, unknown>
  const claimNamespace = claimRef?.namespace ?? ''
  const found: { namespace: string; name: string }[] = []
  const add = (name: string | undefined, namespace: string | undefined) => {
    if (name) found.push({ namespace: namespace ?? '', name })
  }
  for (const [kind, value] of Object.entries(sources)) {
    if (typeof value !== 'object' || value === null) continue
    const source = value as VolumeSource
    if (kind === 'azureFile') add(source.secretName, source.secretNamespace || claimNamespace)
    const { secretRef } = source
    add(secretRef?.name, secretRef?.namespace || (besideClaim.has(kind) ? claimNamespace : ''))
    for (const reference of [source.nodePublishSecretRef, source.nodeStageSecretRef, source.nodeExpandSecretRef])
      add(reference?.name, reference?.namespace)
  }
  return found
}
