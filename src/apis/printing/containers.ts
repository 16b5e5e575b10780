/** Names and images of containers, comma-separated, for the wide columns of workloads. */
import type { PrinterColumn } from '../../machinery/kind.js'

type NamedContainers = readonly { name: string; image?: string }[] | undefined

/** `app,sidecar`. */
export const containerNames = (containers: NamedContainers): string => (containers ?? []).map(c => c.name).join(',')

/** `nginx:1.27,envoy:1.30`. */
export const containerImages = (containers: NamedContainers): string =>
  (containers ?? []).map(c => c.image ?? '').join(',')

/** Containers and Images, from the pod template that `containersOf` finds. */
export const containerColumns = <T>(
  containersOf: (object: T) => NamedContainers,
  options: { wide: boolean } = { wide: true },
): PrinterColumn<T>[] => [
  {
    name: 'Containers',
    type: 'string',
    description: 'Names of each container in the template.',
    wide: options.wide,
    of: object => containerNames(containersOf(object)),
  },
  {
    name: 'Images',
    type: 'string',
    description: 'Images referenced by each container in the template.',
    wide: options.wide,
    of: object => containerImages(containersOf(object)),
  },
]
