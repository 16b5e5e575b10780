/** Batches that begin with one and double while they succeed: a quota that refuses all costs one request, not hundreds. */

const initialBatch = 1

/**
 * Runs `act` on each item. After a batch with a failure nothing more is begun; then the first error is thrown.
 * Resolves with the number that succeeded; `skipped` hears how many were never begun.
 */
export async function inSlowStartBatches<T>(
  items: readonly T[],
  act: (item: T) => Promise<unknown>,
  skipped: (count: number) => void = () => {},
): Promise<number> {
  let begun = 0
  for (let size = initialBatch; begun < items.length; size *= 2) {
    const batch = items.slice(begun, begun + size)
    begun += batch.length
    const results = await Promise.allSettled(batch.map(act))
    const failed = results.find((r): r is PromiseRejectedResult => r.status === 'rejected')
    if (failed) {
      skipped(items.length - begun)
      throw failed.reason
    }
  }
  return begun
}

/** All at once; every item is tried, then the first error is thrown. */
export async function allAtOnce<T>(items: readonly T[], act: (item: T) => Promise<unknown>): Promise<void> {
  const results = await Promise.allSettled(items.map(act))
  const failed = results.find((r): r is PromiseRejectedResult => r.status === 'rejected')
  if (failed) throw failed.reason
}
