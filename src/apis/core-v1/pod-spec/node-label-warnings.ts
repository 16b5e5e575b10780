/** Warnings about labels of nodes that are out of use. */
import { isValidLabelValue } from '../../../machinery/names.js'
import type { NodeSelectorTerm } from '../../generated/core-v1.js'

const deprecations: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'failure-domain.beta.kubernetes.io/region': 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone': 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'beta.kubernetes.io/instance-type': 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
  'app.kubernetes.io/created-by': 'deprecated since v1.9',
  'scheduler.alpha.kubernetes.io/preferAvoidPods': 'deprecated since v1.22; use Taints and Tolerations instead',
  'node-role.kubernetes.io/master': 'use "node-role.kubernetes.io/control-plane" instead',
}

/** Upstream's message; undefined for a label that is in use. */
export const nodeLabelDeprecation = (label: string): string | undefined =>
  Object.hasOwn(deprecations, label) ? deprecations[label] : undefined

/** Preferred terms may hold invalid values, which deserve a warning. */
export function* nodeSelectorTermWarnings(
  term: NodeSelectorTerm | undefined,
  path: string,
  { checkValues }: { checkValues: boolean },
): Generator<string> {
  for (const [i, { key, values = [] }] of (term?.matchExpressions ?? []).entries()) {
    const at = `${path}.matchExpressions[${i}]`
    const message = nodeLabelDeprecation(key)
    if (message) yield `${at}.key: ${key} is ${message}`
    if (!checkValues) continue
    for (const [j, value] of values.entries())
      for (const problem of isValidLabelValue(value)) yield `${at}.values[${j}]: ${value} is invalid, ${problem}`
  }
}
