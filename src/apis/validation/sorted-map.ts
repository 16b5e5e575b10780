/** Maps as Go prints them in errors: by key. */

/** A copy with its keys in order; null for an absent map. */
export const sortedMap = (map: Readonly<Record<string, string>> | undefined): Record<string, string> | null =>
  map ? Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))) : null
