/** Discovery when extension servers do not answer: what is known, and what is not. */
import type { KindRef } from '../machinery/kind.js'
import type { ServedResource } from './in-process.js'

/** Worded as client-go's ErrGroupDiscoveryFailed. */
export class PartialDiscovery extends Error {
  constructor(
    /** What the others serve. */
    readonly served: readonly ServedResource[],
    /** Of which nothing is known. */
    readonly failed: readonly Pick<KindRef, 'group' | 'version'>[],
  ) {
    const causes = failed
      .map(({ group, version }) => `${group}/${version}`)
      .sort()
      .map(name => `${name}: stale GroupVersion discovery: ${name}`)
    super(`unable to retrieve the complete list of server APIs: ${causes.join(', ')}`)
  }
}
