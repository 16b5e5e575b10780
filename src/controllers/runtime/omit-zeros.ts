/** Statuses as they are stored: written with its zeros, one would seem to differ each time it is compared. */

/** The counts that are not zero. */
export const omitZeros = <T extends Record<string, number>>(counts: T): Partial<T> =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0)) as Partial<T>
