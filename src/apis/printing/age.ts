/** The Age column, the same for every kind. */
import { ageSince } from '../../machinery/duration.js'
import type { PrinterColumn } from '../../machinery/kind.js'
import type { KubernetesObject } from '../../machinery/object-meta.js'

/** Time since metadata.creationTimestamp. */
export const age: PrinterColumn<KubernetesObject> = {
  name: 'Age',
  type: 'string',
  description:
    'CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata',
  of: (object, now) => ageSince(object.metadata.creationTimestamp, now),
}
