/** The Selector column of workloads. */
import type { PrinterColumn } from '../../machinery/kind.js'
import { type MetaLabelSelector, printLabelSelector } from '../../machinery/selector/index.js'

/** The label selector in its query form, shown when wide. */
export const selectorColumn = <T>(selectorOf: (object: T) => MetaLabelSelector | undefined): PrinterColumn<T> => ({
  name: 'Selector',
  wide: true,
  of: object => printLabelSelector(selectorOf(object)),
})
