/** The Selector column of workloads. */
import type { PrinterColumn } from '../../machinery/kind.js'
import { type MetaLabelSelector, printLabelSelector } from '../../machinery/selector/index.js'

/** The label selector in its query form, shown when wide. */
export const selectorColumn = <T>(
  description: string,
  selectorOf: (object: T) => MetaLabelSelector | undefined,
): PrinterColumn<T> => ({
  name: 'Selector',
  description,
  wide: true,
  of: object => printLabelSelector(selectorOf(object)),
})
