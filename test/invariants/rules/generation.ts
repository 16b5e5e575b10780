/**
 * metadata.generation counts what was asked for: it moves, by one, exactly when the spec does. Not every kind has one. It also moves when
 * deletion begins, and a Deployment's when a user changes annotations, which are copied to ReplicaSets: not when its controller does, through
 * the status, so there both may be. Binding sets spec.nodeName without it.
 */
import { isDeepStrictEqual } from 'node:util'
import type { KubernetesObject } from '../../../src/machinery/object-meta.js'
import type { Invariant } from '../invariant.js'
import { type KindName, nameOf } from '../model.js'

type WithSpec = KubernetesObject & { spec?: object }

function asked(kind: KindName, { metadata, spec }: WithSpec): object {
  const { nodeName: _, ...others } = (spec ?? {}) as { nodeName?: string }
  return { spec: kind === 'Pod' ? others : spec, isGoing: metadata.deletionTimestamp !== undefined }
}

const mayMove = (kind: KindName, before: WithSpec, after: WithSpec) =>
  kind === 'Deployment' && !isDeepStrictEqual(before.metadata.annotations, after.metadata.annotations)

export const generation: Invariant = {
  name: 'generation',
  claim: 'metadata.generation moves when the spec does, and only then',
  *afterChange({ kind, previous, current }) {
    const [before, after] = [previous?.metadata.generation, current?.metadata.generation]
    if (!previous || !current || before === undefined) return
    const what = `${kind} ${nameOf(current)}`
    if (after === undefined || after < before) yield `${what} went back from generation ${before} to ${after}`
    else if (isDeepStrictEqual(asked(kind, previous), asked(kind, current))) {
      if (after !== before && !mayMove(kind, previous, current))
        yield `${what} moved to generation ${after}, and its spec did not change`
    } else if (after === before) yield `${what} changed, and its generation stayed ${before}`
  },
}
