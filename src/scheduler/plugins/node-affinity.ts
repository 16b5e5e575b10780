/** NodeAffinity: node selector and required node affinity decide, preferred node affinity scores. */
import { podMatchesNode, preferredTermsWeight } from '../../apis/core-v1/node-selector.js'
import type { NodeSelectorTerm } from '../../apis/generated/core-v1.js'
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

export const nodeAffinity: Plugin = {
  name: 'NodeAffinity',
  weight: 2,
  filter({ pod }) {
    const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
    if (!required && !Object.keys(pod.spec.nodeSelector ?? {}).length) return undefined
    const candidates = candidateNames(required?.nodeSelectorTerms ?? [])
    if (candidates?.size === 0) return { refused: conflict }
    return {
      check: ({ node }) => (podMatchesNode(pod, node) ? undefined : rejection),
      ...(candidates && { candidates }),
    }
  },
  score({ pod }) {
    const terms = pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution
    if (!terms?.length) return undefined
    return {
      score: ({ node }) => preferredTermsWeight(terms, node),
      normalize: scores => normalizeByMaximum(scores, false),
    }
  },
  mayHelp({ pod }, event) {
    if (event.type === 'NodeAdd') return podMatchesNode(pod, event.node)
    return event.type === 'NodeUpdate' && !podMatchesNode(pod, event.old) && podMatchesNode(pod, event.node)
  },
}
