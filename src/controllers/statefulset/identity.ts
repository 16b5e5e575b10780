/** The fixed identity of a StatefulSet's pods: name, ordinal, storage. Pure. */
import type { StatefulSet } from '../../apis/generated/apps-v1.js'
import type { PersistentVolumeClaim, Pod, PodTemplateSpec, Volume } from '../../apis/generated/core-v1.js'
import { cloneJson } from '../../machinery/clone.js'
import type { KindRef } from '../../machinery/kind.js'
import { revisionLabel } from '../history/history.js'
import { newPodFromTemplate } from '../pods/control.js'

const podNameLabel = 'statefulset.kubernetes.io/pod-name'
const podIndexLabel = 'apps.kubernetes.io/pod-index'

/** `web-3` belongs to `web` as number 3; undefined where the name has no such form. */
export function parentAndOrdinal({ metadata }: Pod): { parent: string; ordinal: number } | undefined {
  const [, parent, ordinal] = /^(.*)-(\d+)$/.exec(metadata.name ?? '') ?? []
  return parent === undefined ? undefined : { parent, ordinal: Number(ordinal) }
}

export const ordinalOf = (pod: Pod): number => parentAndOrdinal(pod)?.ordinal ?? -1

export const startOrdinal = ({ spec }: StatefulSet): number => spec.ordinals?.start ?? 0
export const sizeOf = ({ spec }: StatefulSet): number => spec.replicas ?? 1

export const isMember = (set: StatefulSet, pod: Pod): boolean => parentAndOrdinal(pod)?.parent === set.metadata.name

/** The claims that a pod of this ordinal uses, by the name of their template. */
export function claimsFor(set: StatefulSet, ordinal: number): Map<string, PersistentVolumeClaim> {
  const { name, namespace } = set.metadata
  return new Map(
    (set.spec.volumeClaimTemplates ?? []).map(template => {
      const { status: _, ...claim } = cloneJson(template)
      const metadata = {
        ...claim.metadata,
        name: `${template.metadata.name}-${name}-${ordinal}`,
        namespace,
        labels: { ...claim.metadata.labels, ...set.spec.selector.matchLabels },
      }
      return [template.metadata.name ?? '', { ...claim, apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata }]
    }),
  )
}

function withStorage(volumes: readonly Volume[] = [], claims: ReadonlyMap<string, PersistentVolumeClaim>): Volume[] {
  const claimed = [...claims].map(([name, { metadata }]) => ({
    name,
    persistentVolumeClaim: { claimName: metadata.name ?? '' },
  }))
  return [...claimed, ...volumes.filter(v => !claims.has(v.name))]
}

const identityLabels = (name: string, ordinal: number) => ({ [podNameLabel]: name, [podIndexLabel]: String(ordinal) })

export interface Version {
  template: PodTemplateSpec
  /** Name of the revision. */
  revision: string
}

export function newMember(
  set: StatefulSet,
  kind: KindRef,
  { ordinal, version }: { ordinal: number; version: Version },
): Pod {
  const pod = newPodFromTemplate(version.template, kind, set)
  const name = `${set.metadata.name}-${ordinal}`
  const { metadata } = pod
  const volumes = withStorage(pod.spec.volumes, claimsFor(set, ordinal))
  return {
    ...pod,
    metadata: {
      ...metadata,
      name,
      labels: { ...metadata.labels, ...identityLabels(name, ordinal), [revisionLabel]: version.revision },
    },
    spec: {
      ...pod.spec,
      hostname: name,
      ...(set.spec.serviceName && { subdomain: set.spec.serviceName }),
      ...(volumes.length > 0 && { volumes }),
    },
  }
}

/** Name label and storage are as they should be. */
export function hasIdentity(set: StatefulSet, pod: Pod): boolean {
  const volumes = new Map(pod.spec.volumes?.map(v => [v.name, v.persistentVolumeClaim?.claimName]))
  const claims = [...claimsFor(set, ordinalOf(pod))]
  return (
    pod.metadata.labels?.[podNameLabel] === pod.metadata.name &&
    claims.every(([name, { metadata }]) => volumes.get(name) === metadata.name)
  )
}

/** The pod with its labels put right; storage of a pod that is there cannot change. */
export const withIdentity = (pod: Pod): Pod => ({
  ...pod,
  metadata: {
    ...pod.metadata,
    labels: { ...pod.metadata.labels, ...identityLabels(pod.metadata.name ?? '', ordinalOf(pod)) },
  },
})
