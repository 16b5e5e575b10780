/** NodeName: a pod that names its node goes nowhere else. */
import type { Plugin, Rejection } from '../framework.js'

const rejection: Rejection = { reasons: ["node(s) didn't match the requested node name"], unresolvable: true }

export const nodeName: Plugin = {
  name: 'NodeName',
  filter({ pod }) {
    const wanted = pod.spec.nodeName
    return wanted ? { check: ({ name }) => (name === wanted ? undefined : rejection) } : undefined
  },
  mayHelp: (_, event) => event.type === 'NodeAdd',
}
