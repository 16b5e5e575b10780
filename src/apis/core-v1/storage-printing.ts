/** What tables of volumes and claims have in common. */

export const betaStorageClassAnnotation = 'volume.beta.kubernetes.io/storage-class'

const shortModes: readonly (readonly [mode: string, short: string])[] = [
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
]

/** `RWO,ROX`, always in this order. */
export const printAccessModes = (modes: readonly string[] | undefined): string =>
  shortModes
    .filter(([mode]) => modes?.includes(mode))
    .map(([, short]) => short)
    .join(',')

interface WithClass {
  metadata: { annotations?: Record<string, string> }
  spec: { storageClassName?: string }
}

/** The annotation of old comes before the field. */
export const storageClassOf = ({ metadata, spec }: WithClass): string =>
  metadata.annotations?.[betaStorageClassAnnotation] ?? spec.storageClassName ?? ''
