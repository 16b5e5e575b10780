/** NodeAffinity: node selector and required node affinity decide, preferred node affinity scores. */
import { matchesNodeSelector, podMatchesNode, preferredTermsWeight } from '../../apis/core-v1/node-selector.js'
import type { Node, NodeAffinity, NodeSelectorTerm, Pod } from '../../apis/generated/core-v1.js'
import { normalizeByMaximum, type Plugin, type Rejection } from '../framework.js'

const rejection: Rejection = { reasons: ["node(s) didn't match Pod's node affinity/selector"], unresolvable: true }
const conflict = 'pod affinity terms conflict'

/** The names a term limits itself to; undefined when it is about labels. */
function namesOf({ matchFields = [] }: NodeSelectorTerm): Set<string> | undefined {
  let names: Set<string> | undefined
  for (const { key, operator, values = [] } of matchFields) {
    if (key !== 'metadata.name' || operator !== 'In') continue
    names = new Set(names ? values.filter(value => names?.has(value)) : values)
  }
  return names
}

/** Daemon pods are aimed at one node each: looking at that one alone saves all the others. */
function candidateNames(terms: readonly NodeSelectorTerm[]): Set<string> | undefined {
  const sets = terms.map(namesOf)
  if (!sets.length || sets.some(names => names === undefined)) return undefined
  return new Set(sets.flatMap(names => [...(names ?? [])]))
}

const addedRejection: Rejection = {
  reasons: ["node(s) didn't match scheduler-enforced node affinity"],
  unresolvable: true,
}

/** `addedAffinity` holds for every pod, beside what it says itself. */
export function newNodeAffinity({ addedAffinity = {} }: { addedAffinity?: NodeAffinity } = {}): Plugin {
  const added = addedAffinity.requiredDuringSchedulingIgnoredDuringExecution
  const addedTerms = addedAffinity.preferredDuringSchedulingIgnoredDuringExecution ?? []
  const meets = (pod: Pod, node: Node) => (!added || matchesNodeSelector(added, node)) && podMatchesNode(pod, node)
  return {
    name: 'NodeAffinity',
    filter({ pod }) {
      const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
      if (!added && !required && !Object.keys(pod.spec.nodeSelector ?? {}).length) return undefined
      const candidates = candidateNames(required?.nodeSelectorTerms ?? [])
      if (candidates?.size === 0) return { refused: conflict }
      return {
        check({ node }) {
          if (added && !matchesNodeSelector(added, node)) return addedRejection
          return podMatchesNode(pod, node) ? undefined : rejection
        },
        ...(candidates && { candidates }),
      }
    },
    score({ pod }) {
      const own = pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
      const terms = [...addedTerms, ...own]
      if (!terms.length) return undefined
      return {
        score: ({ node }) => preferredTermsWeight(terms, node),
        normalize: scores => normalizeByMaximum(scores, false),
      }
    },
    mayHelp({ pod }, event) {
      if (event.type === 'NodeAdd') return meets(pod, event.node)
      return event.type === 'NodeUpdate' && !meets(pod, event.old) && meets(pod, event.node)
    },
  }
}
