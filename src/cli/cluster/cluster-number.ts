/** Tells clusters on one machine apart where there is room for few. */

/** Below 512. */
export const clusterNumber = (cluster: string): number =>
  [...cluster].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) % 512, 7)
