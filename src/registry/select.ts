/** Turns selectors of a request into what the watch cache selects by. */
import type { AnyKind } from '../machinery/kind.js'
import type { ListOptions } from '../machinery/request.js'
import { checkFieldSelector, parseFieldSelector } from '../machinery/selector/field-selector.js'
import { parseLabelSelector } from '../machinery/selector/label-selector.js'
import type { Selection } from '../watch/selection.js'

/** Throws upstream's 400 for a selector that cannot be read or that names an unknown field. */
export function selectionOf(kind: AnyKind, namespace: string | undefined, options: ListOptions): Selection {
  const labels = parseLabelSelector(options.labelSelector)
  const fields = parseFieldSelector(options.fieldSelector)
  if (fields.requirements.length)
    checkFieldSelector(fields, Object.keys(kind.selectableFields ?? {}), {
      namespaced: kind.scope === 'Namespaced',
      ...(kind.unsupportedField && { unsupported: kind.unsupportedField }),
    })
  return namespace && kind.scope === 'Namespaced' ? { namespace, labels, fields } : { labels, fields }
}
